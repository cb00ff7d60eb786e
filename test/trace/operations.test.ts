/** What threads go through, as operations of the language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrace } from '../../src/trace/reader.ts';
import { type Done, Threads } from '../../src/trace/threads.ts';
import { fileOf, ftrace } from './traces.ts';

/** The operations of a trace. */
async function doneIn(text: string): Promise<Done[]> {
  const done: Done[] = [];
  const threads = new Threads((one) => done.push(one));
  await readTrace(fileOf(text), { event: (event) => threads.event(event), lost: () => threads.lost() });
  threads.end();
  return done.filter(({ name }) => name !== null);
}

/** `7 madvise 0x1000-0x2000 dontneed`, lines 1 to 2. */
const shown = ({ name, range, words, fd, to, from, until }: Done): string =>
  [
    name,
    range === null ? '-' : `${range.start.toString(16)}-${range.end.toString(16)}`,
    ...(to === null ? [] : [`to ${to.start.toString(16)}`]),
    ...(fd === null ? [] : [`of ${fd}`]),
    ...words,
    `${from.line}..${until.line}`,
  ].join(' ');

const found = async (text: string): Promise<string[]> => (await doneIn(ftrace(text))).map(shown);

test('each system call of the table is its operation', async () => {
  for (const [call, told] of [
    ['mmap(addr: 0x10000, len: 0x2000, prot: 3, flags: 0x32, fd: 0xffffffff, off: 0)', 'mmap 10000-12000 rw anon'],
    ['mmap(addr: 0x10000, len: 0x2000, prot: 1, flags: 0x21, fd: 0xffffffff, off: 0)', 'mmap 10000-12000 r sanon'],
    ['mmap(addr: 0x10000, len: 0x200000, prot: 3, flags: 0x40022, fd: 0xffffffff, off: 0)', 'mmap 10000-210000 rw huge'],
    ['mmap(addr: 0x10000, len: 0x1000, prot: 0, flags: 0x100022, fd: 0xffffffff, off: 0)', 'mmapx 10000-11000 - anon'],
    ['munmap(addr: 0x10000, len: 0x1000)', 'munmap 10000-11000'],
    ['munmap(addr: 10000, len: 1000)', 'munmap 10000-11000'],
    ['mprotect(start: 0x10000, len: 0x1000, prot: 5)', 'mprotect 10000-11000 rx'],
    ['madvise(start: 0x10000, len_in: 0x1000, behavior: 4)', 'madvise 10000-11000 dontneed'],
    ['madvise(start: 0x10000, len_in: 0x1000, behavior: 0x15)', 'madvise 10000-11000 pageout'],
    ['mremap(addr: 0x10000, old_len: 0x1000, new_len: 0x1000, flags: 7, new_addr: 0x20000)', 'mremap 10000-11000 to 20000 keep'],
    ['mlock(start: 0x10000, len: 0x1000)', 'mlock 10000-11000'],
    ['munlock(start: 0x10000, len: 0x1000)', 'munlock 10000-11000'],
    ['process_vm_readv(pid: 5, lvec: 0x1, liovcnt: 1, rvec: 0x2, riovcnt: 1, flags: 0)', 'pvr -'],
    ['ioctl(fd: 9, cmd: 0xc0284800, arg: 0x7f)', 'dread - of 9'],
    ['ioctl(fd: 9, cmd: 0xc0284801, arg: 0x7f)', 'dwrite - of 9'],
    ['ioctl(fd: 9, cmd: 0xc0284802, arg: 0x7f)', 'dmig - of 9'],
    ['ioctl(fd: 9, cmd: 0xc0284803, arg: 0x7f)', 'dsys - of 9'],
    ['ioctl(fd: 9, cmd: 0xc0284805, arg: 0x7f)', 'excl - of 9'],
  ] as const) {
    const name = /^\w+/.exec(call)?.[0];
    const answer = /^mmapx? ([\da-f]+)/.exec(told)?.[1] ?? '0';
    assert.deepEqual(await found(`7 sys_${call}\n7 sys_${name} -> 0x${answer}`), [`${told} 1..2`], call);
  }
});

test('what is no operation is none, and hides what the kernel does in it', async () => {
  for (const call of [
    'mmap(addr: 0, len: 0x1000, prot: 3, flags: 0x2, fd: 5, off: 0)',
    'madvise(start: 0x10000, len_in: 0x1000, behavior: 77)',
    'mremap(addr: 0x10000, old_len: 0x1000, new_len: 0x2000, flags: 1, new_addr: 0)',
    'ioctl(fd: 9, cmd: 0x5401, arg: 0x7f)',
    'read(fd: 3, buf: 0x1, count: 5)',
  ])
    assert.deepEqual(await found(`7 sys_${call}\n7 handle_mm_fault(address=0x5000, flags=1) <-do_user_addr_fault`), [], call);
});

test('a mapping is where the kernel puts it, and one that fails is none', async () => {
  const call = '7 sys_mmap(addr: 0, len: 0x1000, prot: 3, flags: 0x22, fd: 0xffffffff, off: 0)';
  assert.deepEqual(await found(`${call}\n7 sys_mmap -> 0x7f0000005000`), ['mmap 7f0000005000-7f0000006000 rw anon 1..2']);
  for (const error of ['0xfffffffffffffff4', '-12']) assert.deepEqual(await found(`${call}\n7 sys_mmap -> ${error}`), []);
});

test('a page fault is a read or a write; the fetch of an instruction is neither', async () => {
  const fault = (code: string): string => `7 page_fault_user: address=0x10123 ip=0x1 error_code=${code}`;
  assert.deepEqual(await found(fault('0x4')), ['cr 10000-11000 1..1']);
  assert.deepEqual(await found(fault('0x6')), ['cw 10000-11000 1..1']);
  assert.deepEqual(await found(fault('0x14')), []);
  const function_ = (flags: string): string =>
    `7 handle_mm_fault(vma=0x1, address=0x10123, flags=${flags}, regs=0x2) <-do_user_addr_fault`;
  assert.deepEqual(await found(function_('0x1254')), ['cr 10000-11000 1..1']);
  assert.deepEqual(await found(function_('0x1255')), ['cw 10000-11000 1..1']);
  assert.deepEqual(await found(function_('0x1354')), []);
  assert.deepEqual(await found('7 handle_mm_fault(vma=0x1, address=0x10123, flags=0x1255) <-__get_user_pages'), []);
});

test('in a graph, who calls a function is the function around it', async () => {
  const graph = (...lines: readonly string[]): string =>
    lines.map((line) => ` 0)  agent-7    |               |  ${line}\n`).join('');
  const shownIn = async (text: string): Promise<string[]> => (await doneIn(text)).map(shown);
  const fault = 'handle_mm_fault(vma=0x1, address=0x10123, flags=0x1255);';
  assert.deepEqual(await shownIn(graph(fault)), ['cw 10000-11000 1..1']);
  assert.deepEqual(await shownIn(graph('do_user_addr_fault() {', fault, '}')), ['cw 10000-11000 2..3']);
  assert.deepEqual(await shownIn(graph('__get_user_pages() {', fault, '}')), []);
});

test('functions alone tell one fault from the next by its page', async () => {
  const fault = (address: string): string => `7 handle_mm_fault(vma=0x1, address=${address}, flags=0x1255) <-do_user_addr_fault`;
  const text = [fault('0x10000'), '7 do_anonymous_page <-__handle_mm_fault', fault('0x10008'), fault('0x20000')].join('\n');
  assert.deepEqual(await found(text), ['cw 10000-11000 1..3', 'cw 20000-21000 4..4']);
});

test('who faults again on the same page has made one access; on another, two', async () => {
  const fault = (address: string): string => `7 page_fault_user: address=${address} ip=0x1 error_code=0x4`;
  assert.deepEqual(await found([fault('0x10000'), '7 handle_mm_fault <-do_user_addr_fault', fault('0x10008')].join('\n')), [
    'cr 10000-11000 1..3',
  ]);
  assert.deepEqual(await found([fault('0x10000'), fault('0x20000')].join('\n')), ['cr 10000-11000 1..1', 'cr 20000-21000 2..2']);
});

test('without events of system calls, functions say what begins, and who calls them where it ends', async () => {
  const text = `
    7 do_madvise(mm=0x1, start=0x10000, len_in=0x1000, behavior=4) <-__x64_sys_madvise
    7 zap_page_range_single <-madvise_vma_behavior
    7 __vm_munmap(start=0x10000, len=0x1000, unlock=0x1) <-__x64_sys_munmap
    7 unmap_page_range <-unmap_vmas
    7 dmirror_fops_unlocked_ioctl(filp=0x1, command=0xc0284802, arg=0x2) <-__x64_sys_ioctl
    7 migrate_vma_setup <-dmirror_migrate_to_device`;
  assert.deepEqual(await found(text), ['madvise 10000-11000 dontneed 1..2', 'munmap 10000-11000 3..4', 'dmig - 5..6']);
});

test('what a command is may be said by what it calls, and its pages by who has them', async () => {
  const inside = (line: string): Promise<string[]> =>
    found(`7 dmirror_fops_unlocked_ioctl <-__x64_sys_ioctl\n7 ${line} <-dmirror_fops_unlocked_ioctl`);
  assert.deepEqual(await inside('dmirror_migrate_to_device.constprop.0'), ['dmig - 1..2']);
  assert.deepEqual(await inside('dmirror_migrate_to_system'), ['dsys - 1..2']);
  assert.deepEqual(await inside('dmirror_exclusive'), ['excl - 1..2']);
  assert.deepEqual(await inside('dmirror_do_write(dmirror=0x1, start=0x10000, end=0x12000)'), ['dwrite 10000-12000 1..2']);
  assert.deepEqual(await inside('migrate_vma_collect_pmd(pmdp=0x1, start=0x10000, end=0x11000, walk=0x2)'), []);
  assert.deepEqual(
    await found(
      '7 sys_ioctl(fd: 9, cmd: 0xc0284802, arg: 0x7f)\n7 migrate_vma_collect_pmd(start=0x10000, end=0x11000) <-walk\n7 set_migration_pte: addr=11000, pte=1 order=0\n7 sys_ioctl -> 0x0',
    ),
    ['dmig 10000-12000 of 9 1..4'],
  );
});

test('other drivers: what they call is an operation, and the choice is said', async () => {
  const [fault, move] = await doneIn(
    ftrace('7 hmm_range_fault <-nouveau_range_fault\n8 migrate_vma_setup <-svm_migrate_vma_to_vram'),
  );
  assert.deepEqual([fault?.name, move?.name], ['dread', 'dmig']);
  assert.match(fault?.choice ?? '', /reads or writes is not in the trace/);
  assert.match(move?.choice ?? '', /where pages move to is not in the trace/);
});

test('events of page tables are seen as the functions that tell of them', async () => {
  const steps = async (...lines: readonly string[]): Promise<string[]> => {
    const [done] = await doneIn(
      ftrace(['sys_munmap(addr: 0x10000, len: 0x1000)', ...lines].map((line) => `7 ${line}`).join('\n')),
    );
    return (done?.steps ?? []).map(({ place, symbol }) => `${place} ${symbol}`);
  };
  assert.deepEqual(await steps('set_migration_pte: addr=10000, pte=1 order=0'), ['entry try_to_migrate_one']);
  assert.deepEqual(await steps('tlb_flush: pages:1 reason:local MM shootdown (3)'), ['entry flush_tlb_mm_range']);
  for (const reason of ['remote shootdown (1)', 'flush on task switch (0)', 'remote IPI send (4)'])
    assert.deepEqual(await steps(`tlb_flush: pages:1 reason:${reason}`), [], reason);
  const event = 'remove_migration_pte: addr=10000, pte=1 order=0';
  assert.deepEqual(await steps(event), ['entry remove_migration_pte']);
  assert.deepEqual(await steps('remove_migration_pte <-rmap_walk_anon', event), ['entry remove_migration_pte']);
});

test('events that were lost end what is under way', async () => {
  const call = '7 sys_munmap(addr: 0x10000, len: 0x1000)';
  assert.deepEqual(await found(`${call}\nCPU:0 [LOST 1 EVENTS]\n7 unmap_page_range <-unmap_vmas`), ['munmap 10000-11000 1..1']);
  assert.deepEqual(await found(`${call}\n7 unmap_page_range <-unmap_vmas`), ['munmap 10000-11000 1..2']);
});
