/**
 * Which evaluation of a module has declared something. A module is evaluated once in a program, but for hot reloading (`bun --hot`, the development server of
 * Vite), which evaluates changed modules anew in the program that runs: what they declare takes the place of what they have declared before. `import.meta` tells the
 * two apart, since each evaluation has one of its own.
 *
 * @module
 */

const EVALUATIONS: symbol = Symbol.for("tokengate.evaluations.1");

/** On `globalThis`, since `bun --hot` evaluates this very module anew too. */
const evaluations: WeakMap<object, object> =
  (Reflect.get(globalThis, EVALUATIONS) as WeakMap<object, object> | undefined) ?? make();

function make(): WeakMap<object, object> {
  const made = new WeakMap<object, object>();
  Reflect.set(globalThis, EVALUATIONS, made);
  return made;
}

/** @param declared what was declared @param module the `import.meta` it was declared with */
export function rememberEvaluation(declared: object, module: object): void {
  evaluations.set(declared, module);
}

/**
 * @param declared what was declared under the same name
 * @param module the `import.meta` of the module that declares it again
 * @returns whether an earlier evaluation of the module has declared it, so that it is out of date
 */
export function isOutOfDate(declared: object, module: object): boolean {
  const before = evaluations.get(declared);
  return before !== undefined && before !== module;
}
