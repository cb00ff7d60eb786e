/** The race matrix in a real browser: a layer for each state, a cell that leads to its program, by mouse and by keys. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { MatrixReport } from '../src/library/matrix.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const skip = executablePath === undefined ? 'no Chromium is installed: the race matrix was not looked at in a browser' : false;
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-matrix-page-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const asked = '--state none --state written --operation munmap --driver dmirror:retryCheck=none --workers 2 --seconds 60';

/** The page of a small matrix in which a rule breaks, and what it came to. */
function page(): { readonly url: string; readonly report: MatrixReport } {
  const args = ['matrix', ...asked.split(' '), '--html', 'matrix.html', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: directory, encoding: 'utf8' });
  assert.equal(status, 1, stderr);
  return { url: pathToFileURL(join(directory, 'matrix.html')).href, report: JSON.parse(stdout) };
}

const cell = (view: Page, name: string) => view.getByRole('button', { name }).first();

test('the race matrix in headless Chromium', { skip }, async (t) => {
  const { url, report } = page();
  const browser: Browser = await chromium.launch({
    executablePath: executablePath as string,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  t.after(() => browser.close());
  const open = async (options: Parameters<Browser['newPage']>[0] = {}, hash = ''): Promise<Page> => {
    const view = await browser.newPage(options);
    view.on('request', (request) => assert.equal(request.url().split('#')[0], url, 'the file needs nothing else'));
    view.on('console', (message) => assert.fail(`the browser says: ${message.text()}`));
    view.on('pageerror', (error) => assert.fail(error));
    await view.goto(`${url}${hash}`);
    return view;
  };

  await t.test('a click on a cell shows its program, its verdict, the rule and the command', async () => {
    const view = await open();
    await view.getByRole('radio', { name: /^written/ }).check({ force: true });
    await cell(view, 'munmap × deviceRead: breaks a rule').click();
    const failed = report.cells.find(({ state, operations }) => state === 'written' && operations.includes('deviceRead'));
    const { program, failure } = failed ?? assert.fail();
    const shown = await view.innerText('#cell');
    assert.match(shown, /^munmap × deviceRead\n/);
    assert.match(shown, /from written: the page is written by the CPU/);
    assert.match(shown, /breaks a rule I-STALE/);
    assert.ok(shown.includes(failure?.message ?? assert.fail()));
    assert.equal(await view.innerText('#cell .program'), program.split('; ').join('\n'));
    assert.ok(shown.includes(`npx hmm-lab explore '${program}' --driver dmirror:retryCheck=none`));
    assert.equal(await view.locator('#grid [aria-pressed=true]').count(), 2, 'the cell and its mirror image');
    await view.goBack();
    assert.match(await view.innerText('#cell'), /^Choose a cell/);
  });

  await t.test('the first layer is the worst of all states, and leads to each of them', async () => {
    const view = await open();
    const broken = report.cells.filter(({ verdict }) => verdict === 'violation').map(({ operations }) => operations.join());
    assert.equal(await view.locator('#grid button.violation').count(), 2 * new Set(broken).size, 'each and its mirror image');
    await cell(view, 'deviceRead × munmap: breaks a rule').click();
    assert.equal(await view.locator('#cell li').count(), 2);
    await view.locator('#cell a', { hasText: 'written' }).click();
    assert.match(await view.innerText('#cell'), /from written/);
    assert.ok(await view.getByRole('radio', { name: /^written/ }).isChecked());
  });

  await t.test('every cell is there, in its layer', async () => {
    const view = await open();
    for (const layer of ['none', 'written']) {
      await view.getByRole('radio', { name: new RegExp(`^${layer}`) }).check({ force: true });
      const own = report.cells.filter(({ state }) => state === layer);
      const twins = own.filter(({ operations: [a, b] }) => a === b).length;
      assert.equal(await view.locator('#grid button').count(), 2 * own.length - twins);
    }
  });

  await t.test('keys move in the picture and show a cell', async () => {
    const view = await open({}, '#written');
    await cell(view, 'read × munmap: proved').focus();
    await view.keyboard.press('ArrowDown');
    // The next cell in this column: nothing else was tried with anything but munmap.
    await view.keyboard.press('ArrowRight');
    await view.keyboard.press('Enter');
    assert.match(await view.innerText('#cell h2'), /munmap/);
    const on = await view.evaluate('document.activeElement.getAttribute("aria-pressed")');
    assert.equal(on, 'true');
    assert.equal(await view.locator('#grid button[tabindex="0"]').count(), 1);
    await view.keyboard.press('Tab');
    assert.equal(await view.evaluate('document.activeElement.closest("#grid")'), null);
  });

  await t.test('an address leads to a cell, and one that is none to the picture', async () => {
    assert.match(await (await open({}, '#none/munmap/munmap')).innerText('#cell'), /^munmap × munmap\s+from none/);
    assert.match(await (await open({}, '#nowhere/no/thing')).innerText('#cell'), /^Choose a cell/);
  });

  await t.test('without scripts what is not proved can be read', async () => {
    const view = await open({ javaScriptEnabled: false });
    assert.match(await view.innerText('.answer'), /^Proved \d+ of \d+ cells; \d break a rule/);
    const bad = report.cells.filter(({ verdict }) => verdict !== 'proved').length;
    assert.ok(bad > 0);
    assert.equal(await view.locator('.list tbody tr').count(), bad);
    assert.match(await view.innerText('noscript'), /needs scripts/);
  });

  await t.test('is dark on light and light on dark, and never wider than a small screen', async () => {
    const ground = (view: Page) => view.evaluate('getComputedStyle(document.body).backgroundColor');
    assert.equal(await ground(await open({ colorScheme: 'light' })), 'rgb(255, 255, 255)');
    const dark = await open({ colorScheme: 'dark', viewport: { width: 380, height: 700 } }, '#written/munmap/deviceRead');
    assert.equal(await ground(dark), 'rgb(22, 23, 24)');
    assert.equal(await dark.evaluate('document.documentElement.scrollWidth'), 380);
  });
});
