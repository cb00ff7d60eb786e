/** How a kernel is probed: what each way takes, what is done without, and the module that one of them is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { agentFolder } from '../../src/kernel/agentProgram.ts';
import type { KernelFacts } from '../../src/kernel/check.ts';
import { holdModule } from '../../src/kernel/holdModule.ts';
import { demandProbes, fallBack, howProbed, type Way } from '../../src/kernel/ways.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const all: KernelFacts = {
  ...{ release: '7.3.4-x', machine: 'x86_64', cpus: 2, pageBytes: 4096, devices: [0], root: true, frames: true },
  ...{ gupTest: true, bpf: true, btf: true, driverBtf: true, kprobes: true, hold: true, symbols: true, text: true },
};

/** What a way lacks on a kernel that lacks something; null if it lacks nothing. */
function lack(changed: Partial<KernelFacts>, way: Way): string | null {
  try {
    demandProbes({ ...all, ...changed }, way);
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^no schedule can be taken on Linux 7.3.4-x: /, '');
  }
}

test('each way says what it lacks', () => {
  for (const way of ['auto', 'fentry', 'module', 'kprobe'] as const) {
    assert.equal(lack({}, way), null);
    assert.match(lack({ symbols: false }, way) ?? '', /^Addresses of symbols are hidden/);
    assert.match(lack({ text: false }, way) ?? '', /^There is no \/proc\/kcore/);
  }
  const cases = [
    [{ cpus: 1 }, 'kprobe', /^One CPU is online/],
    [{ cpus: 1 }, 'fentry', null],
    [{ cpus: 1 }, 'module', null],
    [{ btf: false }, 'fentry', /^There is no \/sys\/kernel\/btf\/vmlinux/],
    [{ btf: false }, 'kprobe', null],
    [{ bpf: false }, 'module', null],
    [{ bpf: false }, 'kprobe', /^BPF is not there/],
    [{ hold: false }, 'module', /^The module hmm_lab_hold is not loaded/],
    [{ hold: false, cpus: 1 }, 'auto', null],
    [{ hold: false, cpus: 1, btf: false }, 'auto', /^One CPU is online/],
    [{ hold: false, bpf: false }, 'auto', /^BPF is not there/],
  ] as const;
  for (const [changed, way, sentence] of cases) {
    const said = lack(changed, way);
    if (sentence === null) assert.equal(said, null, way);
    else assert.match(said ?? '', sentence);
  }
});

test('what is done without is said in a sentence', () => {
  assert.equal(fallBack(all, 'auto'), undefined);
  assert.equal(fallBack({ ...all, btf: false }, 'kprobe'), undefined);
  assert.match(fallBack({ ...all, btf: false }, 'auto') ?? '', /\(BTF\): stages are probed by the module alone\.$/);
  assert.match(fallBack({ ...all, btf: false, hold: false }, 'auto') ?? '', /\(BTF\): stages are probed by kprobes alone\.$/);
  assert.match(
    fallBack({ ...all, cpus: 1 }, 'auto') ?? '',
    /^One CPU is online: only functions that fentry can take, or the module/,
  );
  assert.deepEqual(
    [howProbed(all, 'auto'), howProbed(all, 'fentry'), howProbed({ ...all, cpus: 1, hold: false }, 'auto')],
    ['', ' by fentry', ' while one CPU is online and hmm_lab_hold is not loaded'],
  );
});

const hasMake = spawnSync('make', ['--version']).status === 0 ? false : 'there is no make';

/** Headers of a kernel that builds a module by these lines. */
function headers(name: string, ...lines: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'Makefile'), `modules:\n${lines.map((line) => `\t${line}\n`).join('')}`);
  writeFileSync(join(path, 'Module.symvers'), name);
  return path;
}

test('the module is built once for a kernel, and what cannot be built is one sentence', { skip: hasMake }, () => {
  const kept = join(folder, 'kept');
  const good = headers('good', 'cp $(M)/Kbuild $(M)/hmm_lab_hold.ko', 'echo x >> ../count');
  const path = holdModule(good, kept);
  assert.match(path, /\/hmm_lab_hold\.ko$/);
  assert.match(readFileSync(path, 'utf8'), /^obj-m := hmm_lab_hold\.o$/m);
  assert.equal(holdModule(good, kept), path);
  assert.equal(readFileSync(join(folder, 'count'), 'utf8'), 'x\n');
  assert.notEqual(holdModule(headers('other', 'cp $(M)/Kbuild $(M)/hmm_lab_hold.ko'), kept), path);
  const bad = headers('bad', 'echo something before 1>&2', 'echo an error of the compiler 1>&2; false');
  assert.throws(() => holdModule(bad, kept), {
    name: 'UsageError',
    message: /cannot be built against .*: an error of the compiler$/,
  });
  assert.throws(() => holdModule(join(folder, 'none'), kept), { name: 'UsageError', message: /there is no Makefile in it$/ });
});

const isLinux = process.platform === 'linux' && process.arch === 'x64' ? false : 'this is no Linux on x86-64';
const isRoot = process.getuid?.() === 0;

/** Fetches a kernel. Returns the exit code, what it says, and what it leaves in the folder. */
function fetched(name: string, env: Readonly<Record<string, string>>) {
  const into = join(folder, name);
  const { status, stderr } = spawnSync('/bin/sh', [join(agentFolder, 'fetch.sh'), into], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, stderr, why: readFileSync(join(into, 'why'), 'utf8'), into };
}

test('a kernel that cannot be fetched is one sentence, which is kept', { skip: isLinux }, () => {
  const few = join(folder, 'few');
  mkdirSync(few);
  for (const tool of ['uname', 'id', 'rm', 'mkdir', 'dirname']) symlinkSync(join('/usr/bin', tool), join(few, tool));
  const { status, stderr, why } = fetched('no-apt', { PATH: few });
  assert.deepEqual([status, stderr], [2, `fetch.sh: ${why}`]);
  assert.match(why, isRoot ? /^there is no apt-get\n$/ : /^only root can build/);
});

const hasApt =
  isLinux || (isRoot && spawnSync('apt-get', ['--version']).status === 0 ? false : 'there is no apt, or this is not root');

test('a network that is not there is one, too', { skip: hasApt }, () => {
  const nowhere = 'http://127.0.0.1:9';
  const { status, stderr, why, into } = fetched('no-network', { http_proxy: nowhere, https_proxy: nowhere });
  assert.deepEqual([status, stderr], [2, `fetch.sh: ${why}`]);
  assert.match(why, /^Debian's packages cannot be reached: /);
  assert.deepEqual(spawnSync('ls', [into], { encoding: 'utf8' }).stdout, 'why\n');
});
