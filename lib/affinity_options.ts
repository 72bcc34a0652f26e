/**
 * The options that keep calls of one key together.
 *
 * @module
 */

import type { CallAffinity } from "./call_token.ts";
import { allArguments } from "./gate/key_of.ts";
import { checkKeys, checkType, show } from "./options.ts";

/**
 * Keeps calls of one key in one lane, while any of them has not settled: where a function keeps something by key in its module, a cache, a connection, a running sum, the calls
 * of the key find it there. Keys are a gate's own, over all of its operations that run in lanes of one kind.
 *
 * @typeParam A the parameters of the function
 */
export interface AffinityOptions<A extends readonly unknown[] = readonly unknown[]> {
  /**
   * The key: a function of the arguments that gives it, or the key itself. Texts, numbers and the like are compared as they are, and a list of them part by part; of anything
   * else it is how it is built that counts, down to some depth: of arrays, typed arrays, maps and sets the kind, the length and the type, not what they hold. Two keys that differ
   * and come out alike share a lane, which does no harm. A call for which the function gives undefined has no key; one for which it throws rejects with that.
   * Default: all arguments, each a part.
   */
  readonly key?: ((...args: A) => unknown) | string | number | bigint | boolean;
  /**
   * `"prefer"`: calls go to the lane of their key while that has room for them, and elsewhere when it is at work. `"require"`: they wait for it. When that lane is lost, or is
   * ended on purpose, the key moves to another one with the calls that have not started; what the lane knew of it is gone.
   * Default: `"prefer"`.
   */
  readonly mode?: "prefer" | "require";
  /**
   * Whether calls of a key go one after the other, in the order in which they were made, whatever their priority: the next one starts when the one before has settled, all
   * of its attempts included. A call that waits for tokens among its arguments counts from when it has them. Default: false.
   */
  readonly ordered?: boolean;
}

const KEYS: readonly (keyof AffinityOptions)[] = ["key", "mode", "ordered"];

/**
 * @param subject what the options are for
 * @param options what was passed as `affinity`
 * @param base what holds for what is left out; undefined for the defaults
 * @returns how calls are kept together
 * @throws {TypeError} when it is no object, a key is unknown, or a value has the wrong type
 */
export function readAffinity(
  subject: string,
  options: unknown,
  base: CallAffinity | undefined,
): CallAffinity {
  checkType(subject, "affinity", options, "object");
  const own = `affinity of ${subject}`;
  checkKeys(own, options, KEYS);
  const { key, mode, ordered } = options as AffinityOptions;
  checkType(own, "ordered", ordered, "boolean");
  if (mode !== undefined && mode !== "prefer" && mode !== "require") {
    throw new TypeError(
      `Cannot set "mode" of ${own}: received ${show(mode)}, not "prefer" or "require"`,
    );
  }
  return {
    keyOf: readKey(own, key) ?? base?.keyOf ?? allArguments,
    isRequired: mode === undefined ? base?.isRequired ?? false : mode === "require",
    isOrdered: ordered ?? base?.isOrdered ?? false,
  };
}

function readKey(subject: string, key: unknown): CallAffinity["keyOf"] | undefined {
  switch (typeof key) {
    case "undefined":
      return undefined;
    case "function":
      return (args) => key(...args);
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return () => key;
    default:
      throw new TypeError(
        `Cannot set "key" of ${subject}: received ${
          show(key)
        }, neither a function of the arguments nor a text, a number or a boolean`,
      );
  }
}
