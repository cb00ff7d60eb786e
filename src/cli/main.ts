#!/usr/bin/env node
/** The process of `hmm-lab`: its streams, its last errors, and how it leaves. */
import { EXIT_INTERRUPTED } from './exitCodes.ts';
import { interruptedCode } from './interruptible.ts';
import { failed, program } from './program.ts';
import { drained } from './stdout.ts';

/** A reader that has seen enough (`hmm-lab windows | head`) closes the pipe, and a terminal may be gone. That is no error; what follows goes nowhere. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

process.on('uncaughtException', (error) => {
  process.exit(failed(error));
});

const code = await program(process.argv.slice(2));
// Leave at once, whatever a worker or a driver module left running; but only after a slow reader of the pipe has it all.
await drained();
process.exit(code === EXIT_INTERRUPTED ? interruptedCode() : code);
