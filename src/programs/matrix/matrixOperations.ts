/** The operations of the race matrix: each by each, from every state of a page (pageStates.ts). */
import type { Abilities } from './abilities.ts';
import type { Having, PageState } from './pageStates.ts';

export type Side = 'CPU' | 'kernel' | 'device';

export interface MatrixOperation {
  readonly name: string;
  readonly side: Side;
  /** In the language of operations. `value` is its own, which nobody else writes. */
  readonly text: (state: PageState, value: number) => string;
  /** What must be there. */
  readonly needs: readonly Having[];
  /** What the driver must have. */
  readonly driver?: keyof Abilities;
}

type Text = (state: PageState, value: number) => string;

const operation = (name: string, side: Side, text: Text, ...needs: readonly Having[]): MatrixOperation => ({
  name,
  side,
  text,
  needs,
});

/** Of all pages of the state. */
const all =
  (before: string, after = ''): Text =>
  ({ pages }) =>
    `${before} 0 ${pages}${after === '' ? '' : ` ${after}`}`;

/** Of the first page. */
const first =
  (before: string, after = ''): Text =>
  () =>
    `${before} 0 1${after === '' ? '' : ` ${after}`}`;

const command =
  (name: string): Text =>
  ({ slot, pages }) =>
    `${name} ${slot} 0 ${pages}`;

const by = (driver: keyof Abilities, one: MatrixOperation): MatrixOperation => ({ ...one, driver });

export const matrixOperations: readonly MatrixOperation[] = [
  operation('read', 'CPU', first('cr')),
  operation('write', 'CPU', (_, value) => `cw 0 1 ${value}`),
  operation('munmap', 'CPU', all('munmap')),
  operation('mprotectRead', 'CPU', all('mprotect', 'r')),
  operation('mprotectWrite', 'CPU', all('mprotect', 'rw')),
  operation('dontneed', 'CPU', all('madvise', 'dontneed')),
  operation('free', 'CPU', all('madvise', 'free')),
  operation('mremap', 'CPU', ({ pages }) => `mremap 0 ${pages} 2H ${pages}`),
  operation('fork', 'CPU', () => 'fork 2'),
  operation('exit', 'CPU', () => 'exit'),
  operation('pinRead', 'CPU', () => 'pvr 0 1'),
  operation('pinWrite', 'CPU', (_, value) => `pvw 0 1 ${value}`),
  operation('longtermPin', 'CPU', () => 'gup longterm 0 1 w'),
  operation('softDirty', 'CPU', () => 'clearrefs 4'),
  operation('mapOver', 'CPU', all('mmap', 'rw anon'), 'mapping'),
  operation('mremapKeep', 'CPU', ({ pages }) => `mremap 0 ${pages} 2H ${pages} keep`, 'mapping'),
  operation('mlock', 'CPU', first('mlock'), 'mapping'),
  operation('dontfork', 'CPU', first('madvise', 'dontfork'), 'mapping'),
  operation('mlockBeyond', 'CPU', () => 'mlock 0 3', 'two'),
  operation('shrink', 'CPU', () => 'mresize 0 2 1', 'two'),
  operation('mremapShrink', 'CPU', () => 'mremap 0 2 2H 1', 'two'),
  operation('munmapFirst', 'CPU', () => 'munmap 0 1', 'huge'),
  operation('dontneedFirst', 'CPU', () => 'madvise 0 1 dontneed', 'huge'),
  operation('writeNext', 'CPU', (_, value) => `cw 1 1 ${value}`, 'huge'),
  operation('fill', 'CPU', (_, value) => `ucopy 0 1 ${value}`, 'missing'),
  operation('collapse', 'CPU', () => 'madvise 0 H collapse', 'huge'),
  operation('truncate', 'CPU', () => 'ftrunc 0 0', 'file'),
  operation('truncateAndRead', 'CPU', () => 'ftrunc 0 0 | cr 0 1', 'file'),
  operation('punchHole', 'CPU', () => 'fpunch 0 0 1', 'file'),
  operation('fileWrite', 'CPU', (_, value) => `fwrite 0 0 ${value}`, 'file'),
  operation('childRead', 'CPU', () => '@1 cr 0 1', 'child'),
  operation('childWrite', 'CPU', (_, value) => `@1 cw 0 1 ${value}`, 'child'),
  operation('childExit', 'CPU', () => '@1 exit', 'child'),
  operation('childOpen', 'device', () => '@1 open 3 0', 'child'),
  operation('childDeviceRead', 'device', ({ slot }) => `@1 dread ${slot} 0 1`, 'child'),
  operation('childDeviceWrite', 'device', ({ slot }, value) => `@1 dwrite ${slot} 0 1 ${value}`, 'child'),
  operation('unpin', 'CPU', () => 'unpin 0', 'pin'),
  operation('pageout', 'kernel', first('madvise', 'pageout'), 'swap'),
  operation('reclaim', 'kernel', first('reclaim'), 'swap'),
  operation('split', 'kernel', () => 'split 0 H 0', 'huge'),
  operation('swapoff', 'kernel', () => 'swapoff', 'swap'),
  operation('oomReap', 'kernel', () => 'oomreap'),
  operation('deviceRead', 'device', ({ slot }) => `dread ${slot} 0 1`),
  operation('deviceReadAll', 'device', command('dread'), 'huge'),
  operation('deviceWrite', 'device', ({ slot }, value) => `dwrite ${slot} 0 1 ${value}`),
  by(
    'atomics',
    operation('deviceAtomic', 'device', ({ slot }) => `datomic ${slot} 0 1`),
  ),
  by(
    'exclusive',
    operation('exclusive', 'device', ({ slot }) => `excl ${slot} 0 1`),
  ),
  by('memory', operation('toDevice', 'device', command('dmig'))),
  by('memory', operation('toSystem', 'device', command('dsys'))),
  by('memory', operation('evict', 'device', command('rel'))),
  operation('open', 'device', () => 'open 3 1 | dread 3 0 1'),
  operation('openAndClose', 'device', () => 'open 3 1 | close 3', 'mapping'),
  operation('close', 'device', ({ slot }) => `close ${slot}`),
  by(
    'memory',
    operation('unbind', 'device', ({ slot }) => `close ${slot} | unbind ${slot}`),
  ),
  by(
    'work',
    operation('work', 'device', ({ slot }) => `work ${slot}`),
  ),
  operation('secondRead', 'device', all('dread 1'), 'second'),
  operation('secondWrite', 'device', (_, value) => `dwrite 1 0 1 ${value}`, 'second'),
  by(
    'memory',
    operation('secondToDevice', 'device', () => 'dmig 1 0 1', 'second'),
  ),
];
