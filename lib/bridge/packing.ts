/**
 * Instances of revivable classes inside of values: taken apart where they stand before they are sent, and put together again where they arrive.
 * A list beside the value says where they are, so that no value of the user's can be taken for one.
 *
 * @module
 */

import { NotCloneableError } from "../errors.ts";
import type { OperationReference } from "./contract.ts";
import { decodeError, encodeError } from "./error_codec.ts";
import { OperationVariant, variantsBy } from "./operation_variant.ts";
import { isTransferred } from "./transfer.ts";
import { findRevivable, type Revivable, revivableOf } from "./revivables.ts";

/** Where an instance stands, from the outside in, and what it is. */
export type PackedPlace = readonly [path: readonly (string | number)[], url: string, name: string];

/** A value that has no instances any more, and where they were, the inner ones first. */
export interface Packed {
  readonly value: unknown;
  readonly places: readonly PackedPlace[];
}

/** Deeper than this no instance is looked for. */
const MOST_DEPTH = 64;

/**
 * @param value a value; it is not changed
 * @returns what to send in its place; undefined when there is no instance in it
 * @throws what `encode` of a class throws
 */
export function pack(value: unknown): Packed | undefined {
  const places: PackedPlace[] = [];
  const packed = packInside(value, [], places);
  return places.length === 0 ? undefined : { value: packed, places };
}

/** Plain arrays and objects are copied where something in them changes, and handed on as they are where nothing does. */
function packInside(value: unknown, path: (string | number)[], places: PackedPlace[]): unknown {
  if (typeof value !== "object" || value === null || path.length >= MOST_DEPTH) return value;
  const known = revivableOf(value);
  if (known !== undefined) {
    const data = known.codec === undefined ? encodeError(value) : known.codec.encode(value);
    const inner = packInside(data, path, places);
    places.push([[...path], known.url, known.name]);
    return inner;
  }
  if (isTransferred(value)) return value;
  const isArray = Array.isArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null) return value;
  let copy: Record<string | number, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const before: unknown = Reflect.get(value, key);
    path.push(isArray ? Number(key) : key);
    const after = packInside(before, path, places);
    path.pop();
    if (after === before) continue;
    copy ??= (isArray ? [...value as unknown[]] : { ...value }) as Record<string, unknown>;
    copy[key] = after;
  }
  return copy ?? value;
}

/** @param places places of a packed value @returns URLs of the modules whose classes are not declared in this isolate */
export function missingModules(places: readonly PackedPlace[]): string[] {
  const missing: Set<string> = new Set();
  for (const [, url, name] of places) {
    if (findRevivable(url, name) === undefined) missing.add(url);
  }
  return [...missing];
}

/**
 * Puts instances back. The value is its receiver's own, and is changed.
 *
 * @param value the value as it came
 * @param places where instances stood
 * @returns the value with its instances
 * @throws {NotCloneableError} when a class is not declared in this isolate
 * @throws what `decode` of a class throws
 */
export function unpack(value: unknown, places: readonly PackedPlace[]): unknown {
  const root = { value };
  for (const [path, url, name] of places) {
    const known = findRevivable(url, name);
    if (known === undefined) throw missingClass(url, name);
    let holder: object = root;
    let key: string | number = "value";
    for (const step of path) {
      holder = Reflect.get(holder, key) as object;
      key = step;
    }
    Reflect.set(holder, key, revive(known, Reflect.get(holder, key)));
  }
  return root.value;
}

function revive(known: Revivable, data: unknown): unknown {
  if (known.codec !== undefined) return known.codec.decode(data);
  const error = decodeError(data);
  if (typeof error === "object" && error !== null) {
    Object.setPrototypeOf(error, known.type.prototype);
  }
  return error;
}

function missingClass(url: string, name: string): NotCloneableError {
  return new NotCloneableError(
    `Cannot revive an instance of "${name}": this side does not know the class; import ${url}, which declares it`,
  );
}

/** An operation that is called with packed arguments: another one to the lanes, which unpack for it. */
export class PackedOperation extends OperationVariant {}

/** @param operation an operation @returns the same, called with packed arguments */
export const packedOperation: (operation: OperationReference) => PackedOperation = variantsBy(
  (operation) => new PackedOperation(operation),
);
