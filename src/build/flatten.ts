import { isKept, type Module, parseModule, refuse, tokenAt } from './module.ts';

/*
 * Flattening turns a call of an operation into a hand-over of it.
 *
 *     stepped                                    flat
 *     const owner = yield* read(m);              const owner = yield  read(m);
 *
 * With `yield*` each resumption at a point deep in a call passes every caller on the way down and up again, which for
 * eight callers takes ten times as long as the step itself. A flat operation yields the one it calls, a stack outside
 * (callStack.ts) runs it and sends its result back, and going on costs the same at every depth. Only stars change, so line and
 * column numbers stay.
 */

/** Flattens one JavaScript module. @throws SyntaxError with file and position if it does not parse. */
export function flattenModule(source: string, file: string): string {
  const module = parseModule(source, file);
  if (isKept(module)) return source;
  let flat = source;
  for (const node of module.nodes) {
    if (node.type !== 'YieldExpression' || !node.delegate) continue;
    const at = starOf(module, node.start);
    flat = `${flat.slice(0, at)} ${flat.slice(at + 1)}`;
  }
  return flat;
}

/** Where the star of the `yield*` is that begins at `position`. */
function starOf(module: Module, position: number): number {
  const { tokens, source } = module;
  const first = tokenAt(tokens, position);
  const [star, operand] = [tokens[first + 1], tokens[first + 2]];
  if (star === undefined || operand === undefined) refuse(module, position, 'a yield* without an operand');
  // Without its star the operand must be on the same line.
  if (/[\r\n]/.test(source.slice(position, operand.start))) refuse(module, position, 'a line break after yield*');
  return star.start;
}
