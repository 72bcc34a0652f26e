/**
 * What a function threw, on its way: encoded as an error, and beside that taken apart when its class is one that is revived.
 *
 * @module
 */

import { decodeError, type EncodedError, encodeError } from "./error_codec.ts";
import { pack, type Packed, unpack } from "./packing.ts";
import { hasRevivables, revivableOf } from "./revivables.ts";

/** Something thrown, in plain data: with what revives it, if that is known. */
export type EncodedThrown = EncodedError | readonly [encoded: EncodedError, packed: Packed];

/** @param value whatever was thrown @returns plain data */
export function encodeThrown(value: unknown): EncodedThrown {
  const encoded = encodeError(value);
  if (!hasRevivables() || typeof value !== "object" || value === null) return encoded;
  try {
    const packed = revivableOf(value) === undefined ? undefined : pack(value);
    return packed === undefined ? encoded : [encoded, packed];
  } catch {
    // Its codec failed. It still arrives, as an error of a built-in class.
    return encoded;
  }
}

/** @param thrown what {@linkcode encodeThrown} made @returns an instance of its class where that is known here, else its nearest equal */
export function decodeThrown(thrown: unknown): unknown {
  if (!Array.isArray(thrown)) return decodeError(thrown);
  const [encoded, packed] = thrown as [unknown, Packed];
  const plain = decodeError(encoded);
  let revived: unknown;
  try {
    revived = unpack(packed.value, packed.places);
  } catch {
    return plain;
  }
  // A codec makes a new error, whose stack would be that of this line.
  if (revived instanceof Error && plain instanceof Error && plain.stack !== undefined) {
    Object.defineProperty(revived, "stack", {
      value: plain.stack,
      writable: true,
      configurable: true,
    });
  }
  return revived;
}
