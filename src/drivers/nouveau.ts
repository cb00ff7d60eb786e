/**
 * nouveau: a fault resolves one page, under an interval of that page; its own MIGRATE event sets the sequence and revokes
 * nothing; atomics go through make_device_exclusive with the full protocol. When its 1000 ms are over the channel is cancelled.
 *
 * Unlike the real one it keeps the interval of a page after the fault, and needs no second notifier for the zap.
 */
import { derive } from './derive.ts';
import { dmirror } from './dmirror/index.ts';

export const nouveau = derive(
  dmirror,
  { window: '1', notifierPages: '1', ownMigrate: 'setSeq', policy: 'window', deadlineMs: '1000' },
  {
    name: 'nouveau',
    summary: 'one page a fault, under an interval of that page; a fault that runs out of time cancels the channel',
  },
);
