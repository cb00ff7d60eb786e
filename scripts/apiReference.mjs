/**
 * Writes the API reference from the declarations that the build makes: `node scripts/apiReference.mjs [--check]`.
 *
 * docs/api.md lists what each entry of the package exports, docs/api/ENTRY.md has the declarations with their comments. With
 * `--check` nothing is written, and stale pages are an error. CONTRIBUTING.md says why no other tool does this.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Entries of the package that have types: name to import, name of the page, file of declarations. */
const entries = Object.entries(manifest.exports).flatMap(([path, { types }]) => {
  const page = path === '.' ? manifest.name : path.slice(2);
  return types === undefined ? [] : [{ name: manifest.name + path.slice(1), page, file: join(root, types) }];
});
const unbuilt = entries.find(({ file }) => !existsSync(file));
if (unbuilt !== undefined) {
  process.stderr.write(`apiReference: ${relative(root, unbuilt.file)} is missing: run npm run build first\n`);
  process.exit(2);
}
const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[[({})\];]/g;
const CLOSED_BY_BRACE = /^(export )?(declare )?(abstract )?(interface|class|namespace|enum)\b/;
const DECLARED = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|function|const|let|type|enum|namespace) ([\w$]+)/;
const FROM = /^export (?:type )?(\*(?: as [\w$]+)?|\{[^}]*\}) from ["']([^"']+)["'];$/;

/** The statements of a file at its top level, each with the documentation comments in front of it. */
function statements(text) {
  const found = [];
  let [docs, start, depth] = [[], 0, 0];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const end = index + token.length;
    if (token.startsWith('/')) {
      if (depth > 0 || text.slice(start, index).trim() !== '') continue;
      if (token.startsWith('/**')) docs.push(token);
      start = end;
      continue;
    }
    if ('[({'.includes(token)) depth++;
    if (')}]'.includes(token)) depth--;
    const code = text.slice(start, end).trim();
    if (depth > 0 || (token !== ';' && !(token === '}' && CLOSED_BY_BRACE.test(code)))) continue;
    found.push({ code, docs });
    [docs, start] = [[], end];
  }
  return found;
}

const known = new Map();
/** A file of declarations, read once: its introduction, its statements, and those that declare a name. */
function module(file) {
  if (!known.has(file)) {
    const all = statements(readFileSync(file, 'utf8'));
    const named = all.map(({ code, docs }) => ({ name: DECLARED.exec(code)?.[1], code, doc: docs.at(-1), file }));
    known.set(file, { intro: all[0]?.docs[0], all, declared: named.filter(({ name }) => name !== undefined) });
  }
  return known.get(file);
}

/** What a file exports: `{ name, parts }` with the declarations of the name, or `{ rest }` for all of another entry. */
function exported(file) {
  const own = module(file).declared.filter(({ code }) => code.startsWith('export '));
  const result = [...new Set(own.map(({ name }) => name))].map((name) => ({ name, parts: own.filter((d) => d.name === name) }));
  for (const { code } of module(file).all) {
    const [, what, specifier] = FROM.exec(code) ?? [];
    if (what === undefined) continue;
    const from = join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts'));
    if (what === '*' && entries.some((entry) => entry.file === from)) result.push({ rest: from });
    else if (what === '*') result.push(...exported(from));
    else if (what.startsWith('*')) result.push({ name: what.slice(5), parts: module(from).declared, doc: module(from).intro });
    else for (const item of what.slice(1, -1).split(',')) if (item.trim() !== '') result.push(renamed(from, item.trim()));
  }
  return result;
}

function renamed(from, item) {
  const [name, as = name] = item.replace(/^type /, '').split(' as ');
  const declared = module(from).declared.filter((declaration) => declaration.name === name);
  const parts = declared.length > 0 ? declared : exported(from).find((one) => one.name === name)?.parts;
  if (parts === undefined) throw new Error(`no declaration of ${name} in ${relative(root, from)}`);
  return { name: as, parts };
}

/** What tags of a comment look like on the page; each is a paragraph. */
const TAGS = [
  [/\{@link (?:[^}|]*\| ?)?([^}]+)\}/g, '`$1`'],
  [/\n*^@throws (\w+)/gm, '\n\n*Throws* `$1`'],
  [/\n*^@returns/gm, '\n\n*Returns*'],
  [/\n*^@param (\w+)/gm, '\n\n`$1`'],
  [/\n*^@kernel (\S+) (.+)$/gm, '\n\nIn the kernel: $2 ($1)'],
];

function prose(doc = '') {
  const text = doc.replace(/^\/\*\*|\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '');
  return TAGS.reduce((all, [tag, form]) => all.replace(tag, form), text.replace(/[ \t]+$/gm, '')).trim();
}

const shown = ({ code }) =>
  code
    .replace(/^(?:export )?(?:declare )?/, '')
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/^ *(?:#private|private constructor\(.*\));\n/gm, '')
    .replace(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2));

/** The page of an entry, file by file in the order of its exports, and a link to each name on it. */
function pageOf({ name, page, file }) {
  const links = [];
  const items = exported(file).filter((one) => one.rest === undefined);
  const rest = exported(file).flatMap((one) => entries.filter((entry) => entry.file === one.rest));
  const out = [`# ${name}`, 'Made by `npm run docs` from the declarations; do not edit.', prose(module(file).intro)];
  for (const other of rest) out.push(`It also exports everything of [\`${other.name}\`](${other.page}.md).`);
  for (const source of new Set(items.map(({ parts }) => parts[0].file))) {
    const path = relative(dirname(entries[0].file), source)
      .replaceAll('\\', '/')
      .replace(/\.d\.ts$/, '.ts');
    out.push(`## [${path}](../../src/${path})`);
    for (const { name: title, parts, doc } of items.filter((one) => one.parts[0].file === source)) {
      const anchor = title.toLowerCase();
      const before = links.filter((link) => link.toLowerCase().startsWith(`[${anchor}]`)).length;
      links.push(`[${title}](api/${page}.md#${anchor}${before > 0 ? `-${before}` : ''})`);
      out.push(`### ${title}`, prose(doc ?? parts.find((part) => part.doc !== undefined)?.doc));
      out.push(`\`\`\`ts\n${parts.map(shown).join('\n')}\n\`\`\``);
    }
  }
  return { links, text: `${out.filter((part) => part !== '').join('\n\n')}\n` };
}

const pages = new Map();
const index = ['# API reference', 'Made by `npm run docs` from the declarations of the package; do not edit.'];
for (const entry of entries) {
  const { links, text } = pageOf(entry);
  pages.set(`docs/api/${entry.page}.md`, text);
  index.push(`## [${entry.name}](api/${entry.page}.md)`, prose(module(entry.file).intro), links.join(' · '));
}
pages.set('docs/api.md', `${index.join('\n\n')}\n`);

const folder = join(root, 'docs/api');
const left = (existsSync(folder) ? readdirSync(folder) : []).map((file) => `docs/api/${file}`).filter((path) => !pages.has(path));
const isStale = (path) => !existsSync(join(root, path)) || pages.get(path) !== readFileSync(join(root, path), 'utf8');
const stale = [...pages.keys()].filter(isStale).concat(left);
if (!process.argv.includes('--check')) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of pages) writeFileSync(join(root, path), text);
} else if (stale.length > 0) {
  process.stderr.write(`apiReference: stale: ${stale.join(', ')}; npm run docs makes them anew\n`);
  process.exitCode = 1;
}
