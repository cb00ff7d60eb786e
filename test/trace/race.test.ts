/** Programs from traces: what was done at the same time, on which pages, after what. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { traced } from '../../src/trace/traced.ts';
import { fileOf, programIn, recorded, tracedOf } from './traces.ts';

const given = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1';

test('traces of a real kernel are the programs that were run on it, whatever the form', async () => {
  for (const name of ['fault', 'faultPlain', 'faultGraph'])
    assert.deepEqual(
      programIn(await traced(recorded(`test/trace/${name}.txt`))),
      [`${given} | dmig 0 0 1`, 'A: dwrite 0 0 1 2', 'B: cr 0 1'],
      name,
    );
  for (const path of ['examples/traces/dontneed.txt', 'test/trace/dontneedGraph.txt'])
    assert.deepEqual(programIn(await traced(recorded(path))), [given, 'A: dmig 0 0 1', 'B: madvise 0 1 dontneed'], path);
});

test('the form of trace-cmd report makes no difference, and functions may be left out', async () => {
  const text = readFileSync(recorded('examples/traces/dontneed.txt'), 'utf8').replace(/^#.*\n/gm, '');
  const report = text
    .replace(/ \( *\d+\) \[/g, ' [')
    .replace(/: sys_(\w+)\((.*)\)$/gm, ': sys_enter_$1:   $2')
    .replace(/: sys_(\w+) -> (\w+)$/gm, ': sys_exit_$1:   $2')
    .replace(/: ([\w.]+)(?:\(.*\))? <-([\w.]+)$/gm, ': function:             $1 <-- $2');
  assert.match(report, /: function: {13}migrate_vma_setup <-- dmirror_migrate_to_device\.constprop\.0\n/);
  assert.doesNotMatch(report, /<-\w/);
  const events = text.replace(/^.* <-.*\n/gm, '');
  for (const form of [`cpus=2\n${report}`, events])
    assert.deepEqual(programIn(await traced(fileOf(form))), [given, 'A: dmig 0 0 1', 'B: madvise 0 1 dontneed']);
});

test('threads that a lock kept apart are taken in their order, and that is said', async () => {
  const found = await traced(recorded('test/trace/serial.txt'));
  assert.deepEqual(programIn(found), [`${given} | dmig 0 0 1`, 'A: cr 0 1', 'B: dwrite 0 0 1 2']);
  assert.ok(found.race?.isSerial);
  assert.match(found.skeleton?.text ?? '', /no two operations were under way at the same time/);
});

const discard = `
  8 sys_madvise(start: 0x10000, len_in: 0x1000, behavior: 4)
  8 sys_madvise -> 0x0`;
const migration = (between: string): string => `
  7 sys_ioctl(fd: 5, cmd: 0xc0284802, arg: 0x7f)
  7 migrate_vma_collect_pmd(start=0x10000, end=0x11000) <-walk_pgd_range
  ${between}
  7 sys_ioctl -> 0x0`;

test('what a trace does not show of the time before is chosen, and said', async () => {
  const found = await tracedOf(migration(discard));
  assert.deepEqual(programIn(found), [
    'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1',
    'A: dmig 0 0 1',
    'B: madvise 0 1 dontneed',
  ]);
  assert.deepEqual(found.skeleton?.choices, [
    'how the pages are mapped is not in the trace: mmap 0 1 rw anon',
    'how pages are before is not in the trace: cw 0 1 1',
    'values that are written',
    'which device file 0 is of is not in the trace: open 0 0',
  ]);
});

test('how a page was before is seen by what the first access does', async () => {
  const access = (inside: string): string =>
    migration(
      `8 page_fault_user: address=0x10000 ip=0x1 error_code=0x4\n  8 handle_mm_fault <-do_user_addr_fault\n  8 ${inside}`,
    );
  const before = async (inside: string): Promise<string | undefined> => programIn(await tracedOf(access(inside)))?.[0];
  assert.equal(await before('do_anonymous_page <-__handle_mm_fault'), 'given open 0 0 | mmap 0 1 rw anon');
  assert.equal(await before('dmirror_devmem_fault <-do_swap_page'), 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1 | dmig 0 0 1');
  assert.equal(await before('restore_exclusive_pte <-do_swap_page'), 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1 | excl 0 0 1');
  assert.equal(await before('do_wp_page <-__handle_mm_fault'), 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1');
});

test('a page that was mapped and not touched is one, if faults are traced', async () => {
  const mapped = `
    7 sys_mmap(addr: 0x10000, len: 0x1000, prot: 3, flags: 0x32, fd: 0xffffffff, off: 0)
    7 sys_mmap -> 0x10000`;
  const fault = '\n7 page_fault_user: address=0x7000 ip=0x1 error_code=0x6\n';
  const before = async (text: string): Promise<string | undefined> => programIn(await tracedOf(text))?.[0];
  assert.equal(await before(`${mapped}${fault}${migration(discard)}`), 'given open 0 0 | mmap 0 1 rw anon');
  assert.equal(await before(`${mapped}${migration(discard)}`), 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1');
});

test('operations that do not meet, on other pages, or of other processes are no race', async () => {
  assert.equal((await tracedOf(`${migration('')}${discard.replace('0x10000', '0x90000')}`)).race, null);
  assert.equal((await tracedOf(migration(discard.replace('0x10000', '0x90000')))).race, null);
  assert.equal((await tracedOf(discard)).race, null);
  assert.equal((await tracedOf(migration(discard.replaceAll('8 sys', '8/200 sys')))).race, null);
  assert.notEqual((await tracedOf(migration(discard))).race, null);
});

test('of three threads each has its column, and the pages are those of all', async () => {
  const third = `
    9 page_fault_user: address=0x11000 ip=0x1 error_code=0x6
    9 handle_mm_fault <-do_user_addr_fault`;
  const text = migration(`${discard.replace('0x1000,', '0x2000,')}${third}`).replace('end=0x11000', 'end=0x12000');
  const found = await tracedOf(
    text.replace('8 sys_madvise -> 0x0', '').replace('7 sys_ioctl -> 0x0', '8 sys_madvise -> 0x0\n7 sys_ioctl -> 0x0'),
  );
  assert.deepEqual(programIn(found)?.slice(1), ['A: dmig 0 0 2', 'B: madvise 0 2 dontneed', 'C: cw 1 1 3']);
});

test('files of devices have slots in the order of the commands, and are of the devices that were opened', async () => {
  const open = (device: number, fd: number): string => `
    9 sys_openat(dfd: 1, filename: 5 "/dev/hmm_dmirror${device}", flags: O_RDWR)
    9 sys_openat -> 0x${fd}`;
  const other =
    '8 sys_ioctl(fd: 6, cmd: 0xc0284800, arg: 0x7f)\n  8 dmirror_fault(start=0x10000, end=0x11000) <-x\n  8 sys_ioctl -> 0x0';
  const found = await tracedOf(`${open(3, 6)}${open(1, 5)}${migration(other)}`);
  assert.deepEqual(programIn(found), [
    'given open 0 1 | open 1 3 | mmap 0 1 rw anon | cw 0 1 1',
    'A: dmig 0 0 1',
    'B: dread 1 0 1',
  ]);
});

test('a command whose pages are unknown has those of an access that found its page with the device', async () => {
  const access = `
    8 page_fault_user: address=0x20000 ip=0x1 error_code=0x4
    8 page_fault_user: address=0x10000 ip=0x1 error_code=0x4
    8 dmirror_devmem_fault <-do_swap_page`;
  const found = await tracedOf(`7 sys_ioctl(fd: 5, cmd: 0xc0284801, arg: 0x7f)${access}\n7 sys_ioctl -> 0x0`);
  assert.deepEqual(programIn(found), [
    'given open 0 0 | mmap 0 1 rw anon | cw 0 1 1 | dmig 0 0 1',
    'A: dwrite 0 0 1 2',
    'B: cr 0 1',
  ]);
  assert.deepEqual(found.race?.pages, [0x10000]);
});

test('the end of a process is about all its pages, and so meets every command of a device', async () => {
  const found = await tracedOf(migration('8 sys_exit_group(error_code: 0)\n  8 exit_mmap <-mmput'));
  assert.deepEqual(programIn(found)?.slice(1), ['A: dmig 0 0 1', 'B: exit']);
  assert.equal(
    (await tracedOf('7 sys_munmap(addr: 0x10000, len: 0x1000)\n8 sys_exit_group(error_code: 0)\n7 sys_munmap -> 0x0')).race,
    null,
  );
});

test('of a large range only the pages count that others are about', async () => {
  const found = await tracedOf(migration(discard.replace('0x10000, len_in: 0x1000,', '0x8000, len_in: 0x200000,')));
  assert.deepEqual(found.race?.pages, [0x10000]);
  assert.deepEqual(programIn(found)?.slice(1), ['A: dmig 0 0 1', 'B: madvise 0 1 dontneed']);
  assert.ok(found.skeleton?.choices.some((choice) => /it is about 512 pages, 1 of which matter to others/.test(choice)));
});

test('a system call against an access comes before two accesses', async () => {
  const text = `
    7 page_fault_user: address=0x50000 ip=0x1 error_code=0x6
    8 page_fault_user: address=0x50000 ip=0x1 error_code=0x6
    7 handle_mm_fault <-do_user_addr_fault
    8 sys_munmap(addr: 0x10000, len: 0x1000)
    7 page_fault_user: address=0x10000 ip=0x1 error_code=0x6
    8 sys_munmap -> 0x0`;
  assert.deepEqual(programIn(await tracedOf(text))?.slice(1), ['A: munmap 0 1', 'B: cw 0 1 2']);
});

test('a race with a device comes before one of two CPUs, and how many others there are is said', async () => {
  const faults = `
    7 page_fault_user: address=0x50000 ip=0x1 error_code=0x6
    8 page_fault_user: address=0x50000 ip=0x1 error_code=0x6
    7 handle_mm_fault <-do_user_addr_fault`;
  assert.deepEqual(programIn(await tracedOf(faults))?.slice(1), ['A: cw 0 1 2', 'B: cw 0 1 3']);
  const found = await tracedOf(`${faults}${migration(discard)}${migration(discard)}`);
  assert.deepEqual(programIn(found)?.slice(1), ['A: dmig 0 0 1', 'B: madvise 0 1 dontneed']);
  assert.ok(found.skeleton?.choices.includes('operations meet in 1 more places: these are the first that do'));
});
