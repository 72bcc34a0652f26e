/**
 * Deep equality as `@std/assert` means it, which is not `node:assert`'s: `0` equals `-0`, an object without a prototype
 * equals a plain one, and sets and maps compare without order. Where the real one looks at too little (the bytes of an
 * `ArrayBuffer`, the message of an error) this one is stricter, so that what passes here passes there.
 *
 * @module
 */

/**
 * Compares two values deeply.
 *
 * @param actual one value
 * @param expected the other
 * @returns whether they are equal in structure
 * @throws {TypeError} when both are weak collections, whose content nobody can see
 */
export function equal(actual: unknown, expected: unknown): boolean {
  return compare(actual, expected, new Map());
}

/** Pairs that are already being compared further up: a cycle is equal as long as nothing else differs. */
type Pending = Map<object, object>;

function compare(a: unknown, b: unknown, pending: Pending): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "number" && typeof b === "number") return a === b;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (!sameClass(a, b)) return false;
  if (pending.get(a) === b) return true;
  pending.set(a, b);
  return sameContent(a, b, pending) ?? sameProperties(a, b, pending);
}

function sameClass(a: object, b: object): boolean {
  return (a.constructor ?? Object) === (b.constructor ?? Object);
}

/** Compares what a built-in keeps outside of its properties; `undefined` when its properties decide. */
function sameContent(a: object, b: object, pending: Pending): boolean | undefined {
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Set && b instanceof Set) return sameSet(a, b, pending);
  if (a instanceof Map && b instanceof Map) return sameMap(a, b, pending);
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare: received two ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef && b instanceof WeakRef) {
    if (!compare(a.deref(), b.deref(), pending)) return false;
  }
  if (a instanceof Error && b instanceof Error) {
    if (a.message !== b.message || a.name !== b.name) return false;
  }
  if (isBuffer(a) && isBuffer(b)) return sameNumbers(new Uint8Array(a), new Uint8Array(b));
  if (a instanceof DataView && b instanceof DataView) return sameNumbers(bytesOf(a), bytesOf(b));
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return sameNumbers(a as unknown as Numbers, b as unknown as Numbers);
  }
  return undefined;
}

type Numbers = ArrayLike<number | bigint>;

// Typed arrays have one property per element: comparing those takes seconds per megabyte.
function sameNumbers(a: Numbers, b: Numbers): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function isBuffer(value: object): value is ArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameSet(a: Set<unknown>, b: Set<unknown>, pending: Pending): boolean {
  if (a.size !== b.size) return false;
  const rest = new Set([...b].filter((value) => !a.has(value)));
  for (const value of a) {
    if (!b.has(value) && !takeMatch(rest, (other) => compare(value, other, pending))) return false;
  }
  return true;
}

function sameMap(a: Map<unknown, unknown>, b: Map<unknown, unknown>, pending: Pending): boolean {
  if (a.size !== b.size) return false;
  const rest = new Set([...b].filter(([key]) => !a.has(key)));
  for (const [key, value] of a) {
    const found = b.has(key)
      ? compare(value, b.get(key), pending)
      : takeMatch(rest, (other) =>
        compare(key, other[0], pending) && compare(value, other[1], pending));
    if (!found) return false;
  }
  return true;
}

function takeMatch<T>(from: Set<T>, matches: (item: T) => boolean): boolean {
  for (const item of from) {
    if (matches(item)) return from.delete(item);
  }
  return false;
}

function sameProperties(a: object, b: object, pending: Pending): boolean {
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    if (!compare(Reflect.get(a, key), Reflect.get(b, key), pending)) return false;
  }
  return true;
}

function ownKeys(of: object): PropertyKey[] {
  return Reflect.ownKeys(of).filter((key) => Object.prototype.propertyIsEnumerable.call(of, key));
}
