// Actors on threads of their own, each call when you say so.
import { Lab } from 'hmm-lab';

const lab = await Lab.create();
try {
  const space = lab.addressSpace();
  const cpu = await lab.cpu(space);
  const device = await lab.device(space, 'dmirror', { window: '8' });

  const at = await cpu.mmap(4); // 4 pages; a byte address
  await cpu.write(at, 42);
  console.log('moved', await device.migrate(at, 4), 'pages to device memory');
  console.log('device reads', await device.read(at));
  await device.write(at, 43);
  console.log('cpu reads', await cpu.read(at), 'as the page comes home');
  console.log('findings', lab.check()); // every oracle that needs no history
  console.log('left behind', await lab.close(space)); // after tear-down
} finally {
  await lab[Symbol.asyncDispose](); // ends the threads; `await using` does the same where the runtime has it
}
