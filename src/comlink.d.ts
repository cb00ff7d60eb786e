/**
 * comlink 4.4.2 is typed against lib.dom. Its three DOM names are bound to Node's own here, because with `skipLibCheck`
 * an unknown name silently becomes `any`.
 */
type Transferable = import('node:worker_threads').Transferable;
type MessagePort = import('node:worker_threads').MessagePort;
type EventListenerOrEventListenerObject = ((event: Event) => void) | { handleEvent(event: Event): void };
