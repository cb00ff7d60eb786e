/**
 * What the page of the race matrix does in a browser: draws a layer, moves about in it by keys, shows a cell. Where one is stands in the
 * address, `#STATE/OPERATION/OPERATION`, so that a cell can be linked to, and the way back is the browser's.
 */
export const matrixHtmlScript = `'use strict';
const { states, operations, cells, flags, verdicts } = JSON.parse(document.getElementById('data').textContent);
const panel = document.getElementById('cell');
const place = document.getElementById('grid');
const ALL = 'all';

const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/** The verdicts come worst first. */
const worst = (some) => verdicts.find(({ name }) => some.some(({ verdict }) => verdict === name));
const says = (name) => verdicts.find((one) => one.name === name);
const badge = (name) => make('span', { class: 'badge ' + name }, says(name).title);
const nameOf = (operation) => operations[operation].name;
const product = (some) => some.map(nameOf).join(' \\u00d7 ');
const keyOf = (a, b) => (a < b ? a + ' ' + b : b + ' ' + a);
const hashOf = (layer, some) => '#' + [layer, ...some.map(nameOf)].join('/');

/** Where the address says that one is. */
function wanted() {
  const [layer, ...names] = decodeURIComponent(location.hash.slice(1)).split('/');
  const known = states.some(({ name }) => name === layer);
  const chosen = names.map((name) => operations.findIndex((one) => one.name === name));
  return { layer: known ? layer : ALL, chosen: chosen.includes(-1) || chosen.length < 2 ? [] : chosen };
}

const cellsIn = (layer) => (layer === ALL ? cells : cells.filter(({ state }) => states[state].name === layer));

/** Has it all of these operations, each as often? */
const hasAll = (cell, some) => {
  const left = [...cell.operations];
  return some.every((one) => {
    const at = left.indexOf(one);
    return at >= 0 && left.splice(at, 1).length === 1;
  });
};

let drawn;
let buttons = [];

function draw(layer) {
  drawn = layer;
  document.querySelector('input[name=layer][value="' + layer + '"]').checked = true;
  const own = cellsIn(layer);
  const byPair = new Map();
  for (const cell of own) {
    const keys = new Set(cell.operations.flatMap((a, i) => cell.operations.slice(i + 1).map((b) => keyOf(a, b))));
    for (const key of keys) byPair.set(key, [...(byPair.get(key) ?? []), cell]);
  }
  const used = operations.map((_, i) => i).filter((i) => own.some((cell) => cell.operations.includes(i)));
  const edge = (i) => i > 0 && operations[used[i]].side !== operations[used[i - 1]].side;
  const sides = make('tr', {}, make('td'));
  for (const side of new Set(used.map((one) => operations[one].side))) {
    const span = used.filter((one) => operations[one].side === side).length;
    sides.append(make('th', { class: 'side' + (sides.children.length > 1 ? ' edge' : ''), colspan: span, scope: 'colgroup' }, side));
  }
  const heads = used.map((one, i) => make('th', { scope: 'col', class: edge(i) ? 'edge' : '' }, make('span', {}, nameOf(one))));
  const table = make('table', { class: 'grid', 'aria-label': 'Each operation by each' }, make('thead', {}, sides, make('tr', {}, make('td'), ...heads)));
  buttons = [];
  const body = make('tbody');
  used.forEach((a, y) => {
    const row = make('tr', { class: edge(y) ? 'edge' : '' }, make('th', { scope: 'row' }, nameOf(a)));
    buttons.push(
      used.map((b, x) => {
        const some = byPair.get(keyOf(a, b));
        const td = make('td', { class: edge(x) ? 'edge' : '' });
        row.append(td);
        if (some === undefined) {
          td.append(make('i'));
          return undefined;
        }
        const { name, letter, title } = worst(some);
        const label = product([a, b]) + ': ' + title;
        const button = make('button', { type: 'button', class: name, title: label, 'aria-label': label, 'aria-pressed': 'false', tabindex: '-1' }, letter);
        button.dataset.x = x;
        button.dataset.y = y;
        button.dataset.pair = keyOf(a, b);
        button.addEventListener('click', () => { location.hash = hashOf(drawn, [a, b]); });
        td.append(button);
        return button;
      }),
    );
    body.append(row);
  });
  table.append(body);
  place.replaceChildren(table);
  const [first] = buttons.flat().filter(Boolean);
  if (first !== undefined) first.tabIndex = 0;
  const rows = [...body.rows].map(({ cells: [head] }) => head);
  const light = ({ target }) => {
    const { x, y } = target.dataset;
    heads.forEach((head, i) => head.classList.toggle('at', String(i) === x));
    rows.forEach((head, i) => head.classList.toggle('at', String(i) === y));
  };
  table.addEventListener('mouseover', light);
  table.addEventListener('focusin', light);
  table.addEventListener('mouseleave', light);
}

const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

place.addEventListener('keydown', (event) => {
  const step = steps[event.key];
  if (step === undefined || event.target.dataset.x === undefined) return;
  event.preventDefault();
  let [x, y] = [Number(event.target.dataset.x), Number(event.target.dataset.y)];
  do { [x, y] = [x + step[0], y + step[1]]; } while (buttons[y] !== undefined && x >= 0 && x < buttons[y].length && buttons[y][x] === undefined);
  const next = buttons[y]?.[x];
  if (next === undefined) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

function withCopy(text) {
  const whole = make('div', {}, make('pre', {}, text));
  if (navigator.clipboard === undefined) return whole;
  const button = make('button', { type: 'button', class: 'copy' }, 'Copy');
  button.addEventListener('click', () => navigator.clipboard.writeText(text).then(() => { button.textContent = 'Copied'; }, () => { button.textContent = 'Not copied'; }));
  whole.append(button);
  return whole;
}

const terms = (entries) => make('dl', {}, ...entries.flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]));

/** One cell, with all there is about it. */
function about({ state, operations: some, verdict, program, basis, searched, seconds, failure }) {
  const { name, what } = states[state];
  return [
    make('h2', {}, product(some)),
    make('p', {}, 'from ', make('b', {}, name), what === '' ? '' : ': the page is ' + what),
    make('p', {}, badge(verdict), ...(failure === null ? [] : [' ', failure.oracle])),
    ...(failure === null ? [] : [make('p', { class: 'message' }, failure.message)]),
    make('h3', {}, 'Program'),
    make('pre', { class: 'program' }, program.split('; ').join('\\n')),
    make('h3', {}, 'To see it again'),
    withCopy("npx hmm-lab explore '" + program + "'" + flags),
    terms([
      ...(failure === null ? [['basis', basis]] : []),
      ['states', searched.toLocaleString('en')],
      ['time', seconds.toFixed(1) + ' s'],
      ...(failure === null ? [] : [['schedule', failure.steps + ' steps with ' + failure.preemptions + (failure.preemptions === 1 ? ' preemption' : ' preemptions')]]),
    ]),
    ...(failure === null ? [] : [make('details', {}, make('summary', {}, 'The very schedule'), withCopy('npx hmm-lab replay ' + failure.token))]),
  ];
}

/** Several cells at a place of the picture. */
function choice(some, layer, chosen) {
  const order = (cell) => verdicts.indexOf(says(cell.verdict));
  const links = [...some].sort((a, b) => order(a) - order(b)).map((cell) => {
    const { name } = states[cell.state];
    const label = layer === ALL ? (cell.operations.length > 2 ? product(cell.operations) + ' from ' + name : name) : product(cell.operations);
    return make('li', {}, make('a', { href: hashOf(name, cell.operations) }, badge(cell.verdict), label));
  });
  return [
    make('h2', {}, product(chosen)),
    make('p', {}, layer === ALL ? 'from each state of the page' : 'from ' + layer),
    make('ul', {}, ...links),
  ];
}

const nothing = [...panel.childNodes];

function show() {
  const { layer, chosen } = wanted();
  if (layer !== drawn) draw(layer);
  const pair = chosen.length === 0 ? '' : keyOf(chosen[0], chosen[1]);
  for (const button of buttons.flat()) button?.setAttribute('aria-pressed', String(button.dataset.pair === pair));
  const all = cellsIn(layer);
  const exact = all.filter((cell) => cell.operations.length === chosen.length && hasAll(cell, chosen));
  const some = exact.length > 0 ? exact : chosen.length === 0 ? [] : all.filter((cell) => hasAll(cell, chosen));
  panel.replaceChildren(...(some.length === 0 ? nothing : some.length === 1 ? about(some[0]) : choice(some, layer, chosen)));
  if (some.length > 0) panel.scrollIntoView({ block: 'nearest' });
}

for (const input of document.querySelectorAll('input[name=layer]'))
  input.addEventListener('change', () => { location.hash = hashOf(input.value, wanted().chosen); });
addEventListener('hashchange', show);
show();
`;
