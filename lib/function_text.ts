/**
 * The text of a function, where it can be run from that.
 *
 * @module
 */

import { show } from "./options.ts";

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
const CLASS = /^class\b/;
const ACCESSOR = /^(?:get|set)\s+[^\s(=]/;

/**
 * @param fn what was given as a function
 * @returns its text
 * @throws {TypeError} when it is no function, or none that its text is enough for
 */
export function textOf(fn: unknown): string {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot run ${show(fn)} in a lane: pass the function itself, as in gate.run(() => 1)`,
    );
  }
  const text = Function.prototype.toString.call(fn);
  const name = fn.name === "" ? "the function" : `"${fn.name}"`;
  if (NATIVE.test(text)) {
    throw new TypeError(
      `Cannot run ${name} in a lane: it is built in, or bound, and has no text; ` +
        `pass a function that calls it, as in gate.run((x) => Math.sqrt(x), [2])`,
    );
  }
  if (CLASS.test(text)) {
    throw new TypeError(
      `Cannot run ${name} in a lane: it is a class; pass a function that makes an instance, and returns what crosses`,
    );
  }
  if (ACCESSOR.test(text)) {
    throw new TypeError(
      `Cannot run ${name} in a lane: it is an accessor; pass a function`,
    );
  }
  return text;
}
