/** Where programs run: a virtual machine, or this machine. */
import { existsSync } from 'node:fs';
import { UsageError } from '../input/usageError.ts';
import { agentProgram } from './agentProgram.ts';
import { holdModule } from './holdModule.ts';
import type { Place } from './session.ts';
import { type MachineRequest, machineUsual, virtualMachine } from './virtualMachine.ts';

/** As a user says it. */
export interface PlaceRequest extends Partial<Omit<MachineRequest, 'acceleration' | 'kernelImage' | 'modules'>> {
  readonly vm: boolean;
  readonly host: boolean;
  /** The user knows that this machine may crash. */
  readonly yes: boolean;
  readonly kernelImage?: string | undefined;
  readonly modules?: readonly string[] | undefined;
  readonly acceleration?: string | undefined;
  /** The headers of the kernel, against which the module that holds threads is built and loaded. */
  readonly headers?: string | undefined;
}

/** A place, and what has to be done when it is not needed any more. */
export interface ChosenPlace {
  readonly place: Place;
  readonly name: string;
  readonly remove: () => void;
}

const ACCELERATIONS = ['auto', 'kvm', 'tcg'] as const;

function accelerationNamed(name: string): (typeof ACCELERATIONS)[number] {
  const known = ACCELERATIONS.find((one) => one === name);
  if (known === undefined) throw new UsageError(`--accel is '${name}', allowed are ${ACCELERATIONS.join(', ')}`);
  return known;
}

/** An agent on this machine says at once that it is there. */
const HOST_START_SECONDS = 20;

function thisMachine(yes: boolean, headers: string | undefined): ChosenPlace {
  if (process.getuid?.() !== 0)
    throw new UsageError('--host needs root: the device nodes and page frames are closed to everybody else');
  if (!existsSync('/dev/hmm_dmirror0'))
    throw new UsageError('--host needs the test driver: there is no /dev/hmm_dmirror0 here (the module test_hmm, and its nodes)');
  if (!yes)
    throw new UsageError('--host may crash this machine, as the test driver has defects: --yes says that this is all right');
  return {
    // The agent loads what it is given.
    place: {
      program: agentProgram(),
      args: headers === undefined ? [] : [holdModule(headers)],
      startSeconds: HOST_START_SECONDS,
      lastLines: () => [],
    },
    name: 'this machine',
    remove: () => {},
  };
}

/** The place a user has asked for. @throws UsageError, one sentence that says what is missing. */
export function placeFor({
  vm,
  host,
  yes,
  kernelImage,
  modules = [],
  acceleration = 'auto',
  headers,
  ...machine
}: PlaceRequest): ChosenPlace {
  if (vm === host) throw new UsageError('where it runs has to be said: --vm for a virtual machine, or --host for this machine');
  if (host) return thisMachine(yes, headers);
  if (kernelImage === undefined) throw new UsageError('--vm needs a kernel: --kernel-image FILE, such as a vmlinuz');
  const given = Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined));
  const all = headers === undefined ? modules : [...modules, holdModule(headers)];
  const request = { ...machineUsual, ...given, acceleration: accelerationNamed(acceleration), kernelImage, modules: all };
  const place = virtualMachine(request);
  return { place, name: 'a virtual machine', remove: place.remove };
}
