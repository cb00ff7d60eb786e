/** What the simulator is measured against: a virtual clock, a queue, and actors that do nothing but pass the time. */

interface Event {
  readonly time: number;
  readonly actor: number;
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as Event).time <= event.time) break;
    heap[at] = heap[parent] as Event;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event {
  const first = heap[0] as Event;
  const last = heap.pop() as Event;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as Event).time < (heap[child] as Event).time) child++;
    if (last.time <= (heap[child] as Event).time) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  if (heap.length > 0) heap[at] = last;
  return first;
}

/** Passes the time in steps of 1 to 64. */
function* idler(actor: number): Generator<number, void, void> {
  for (let x = actor + 1; ; x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0) yield 1 + (x >>> 26);
}

/** Makes so many steps of so many actors; returns the virtual time. */
export function bareSteps(steps: number, actors: number): number {
  const all = Array.from({ length: actors }, (_, actor) => idler(actor));
  const heap: Event[] = [];
  for (let actor = 0; actor < actors; actor++) push(heap, { time: 0, actor });
  let now = 0;
  for (let step = 0; step < steps; step++) {
    const { time, actor } = pop(heap);
    now = time;
    const { value } = (all[actor] as Generator<number, void, void>).next();
    push(heap, { time: now + (value as number), actor });
  }
  return now;
}
