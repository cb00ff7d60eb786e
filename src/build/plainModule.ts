/** Takes out again what recordFrames.ts puts into a module. It needs no parser: whoever only reads the model loads none. */

const HEAD = /import\{at as \$at,.*?\/\*\$\*\//;
/** A point that may be passed is named twice. */
const PASSED = /\$by\([^()]*\)\|\|\((yield [^()]*)\)/g;
const PUT_IN =
  /let \$d=\$in\(\)[^;]*;|static\{\$all[^}]*\}|\$own\(\w+,\$m\+\d+(?:,\(\)=>\[[^\]]*\])?\);|(?:\/\*\*\/)?(?:\$\d+=)?\$(?:at|to|own|all|each)\(|,\$m\+\d+,\(\)=>\[[^\]]*\]\)|,\$[dm][^)]*\)/g;

/** The module as it was before it was recorded. */
export function plainModule(source: string): string {
  if (!HEAD.test(source)) return source;
  return source.replace(HEAD, '').replace(PASSED, '$1').replace(PUT_IN, '');
}
