/**
 * Which node an object gets when the encoder first meets it, before any of its properties is read.
 *
 * @module
 */

import { types } from "node:util";
import { baseOf, classNameOf, isOwnCode } from "./error_classes.ts";
import { type EncodedErrorNode, type EncodedNode, errorLimits } from "./encoded_error.ts";
import { shorten } from "./error_losses.ts";
import { omittedProperties, remoteClassName } from "./error_marks.ts";

/**
 * Makes the node of an error.
 *
 * @param error an error
 * @param losses the list of what of it could not cross; filled later
 * @returns its node, without properties
 */
export function emptyErrorNode(error: object, losses: string[]): EncodedErrorNode {
  const base = baseOf(error);
  const ownCode = readQuietly(error, "code");
  return {
    kind: "error",
    base,
    className: shorten(remoteClassOf(error) ?? classNameOf(error)),
    ownCode: isOwnCode(ownCode) ? ownCode : undefined,
    domName: base === "DOMException" ? domNameOf(error) : undefined,
    hidden: [],
    entries: [],
    losses,
  };
}

/**
 * An object with properties. An instance of a class becomes a plain object of its properties, as a clone makes it;
 * one without any (a promise, a socket's handle, private state only) would arrive as `{}`, which says nothing: it
 * is a loss.
 *
 * @param source an object that is neither an error nor a leaf nor a Proxy
 * @returns its node, without properties; `undefined` if it cannot cross
 */
export function emptyNode(source: object): EncodedNode | undefined {
  if (Array.isArray(source)) return { kind: "array", length: 0, entries: [] };
  if (types.isMap(source)) return { kind: "map", pairs: [] };
  if (types.isSet(source)) return { kind: "set", members: [] };
  // Shared memory that is no leaf, bytes beyond the bounds, a boxed symbol.
  if (types.isAnyArrayBuffer(source) || ArrayBuffer.isView(source)) return undefined;
  if (types.isBoxedPrimitive(source)) return undefined;
  const prototype: object | null = Object.getPrototypeOf(source);
  if (prototype === null) return { kind: "object", bare: true, entries: [] };
  const plain = Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "isPrototypeOf");
  if (!plain && Object.keys(source).length === 0) return undefined;
  return { kind: "object", bare: false, entries: [] };
}

/**
 * An error that was revived once already, and is thrown on, keeps the list of what the first crossing left out.
 *
 * @param source an error
 * @returns that list, bounded; empty for any other error
 */
export function earlierLosses(source: object): string[] {
  const found: string[] = [];
  try {
    const earlier: unknown = Reflect.get(source, omittedProperties);
    if (!Array.isArray(earlier)) return found;
    for (let i = 0; i < earlier.length && i < errorLimits.losses; i++) {
      const line: unknown = earlier[i];
      if (typeof line === "string") found.push(line.slice(0, errorLimits.keyLength));
    }
  } catch {
    // Not readable, so not one of ours.
  }
  return found;
}

/** The class an error had before an earlier crossing. */
function remoteClassOf(source: object): string | undefined {
  const name = readQuietly(source, remoteClassName);
  return typeof name === "string" ? name : undefined;
}

/** The name a DOMException was made with, past any property of that name that hides it. */
function domNameOf(source: object): string {
  try {
    const name: unknown = Reflect.get(DOMException.prototype, "name", source);
    return typeof name === "string" ? name : "Error";
  } catch {
    return "Error";
  }
}

function readQuietly(source: object, key: string | symbol): unknown {
  try {
    return Reflect.get(source, key);
  } catch {
    return undefined;
  }
}
