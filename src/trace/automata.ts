/** Protocols of the kernel as small automata that run along a trace. */
import type { Automaton } from './automaton.ts';
import { MigrateOrder } from './migrateOrder.ts';
import { NotifierPairs } from './notifierPairs.ts';
import { RetryObeyed } from './retryObeyed.ts';

/** All of them, at their beginning. */
export const automata = (): Automaton[] => [
  new NotifierPairs(),
  new MigrateOrder('migrate', ['migrate_vma_setup', 'migrate_vma_pages', 'migrate_vma_finalize']),
  new MigrateOrder('migrate-device', ['migrate_device_range', 'migrate_device_pages', 'migrate_device_finalize']),
  new RetryObeyed(),
];
