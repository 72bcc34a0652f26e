/**
 * The shape in which a thrown value travels between isolates, and the bounds of that shape.
 *
 * A value is a primitive, a reference to a node, or a loss. Nodes lie in one flat table, so shared references and
 * cycles are plain numbers, and a clone of the whole never recurses deeper than this shape, however deep the value
 * was. Nothing in it is an error, a typed array or a class instance: those are what the runtimes clone
 * differently.
 *
 * @module
 */

/**
 * What an encoded error may hold at most. What goes beyond is left out and said, never sent.
 *
 * No single object or array takes more than half of what is left of the nodes (errors apart) and of the values,
 * and no binary data more than half of what is left of the payload, so that one long list does not crowd out its
 * neighbours.
 */
export interface ErrorLimits {
  /** Levels below the thrown value: causes, properties, elements. */
  readonly depth: number;
  /** Errors, objects, arrays and other nodes. */
  readonly nodes: number;
  /** Properties, elements, entries and members, in all nodes together. */
  readonly values: number;
  /** Length of one string: a message, a stack, a property, in UTF-16 code units. */
  readonly stringLength: number;
  /** All strings and property names, in UTF-16 code units, plus binary data, in bytes, plus long bigints, in digits. */
  readonly payload: number;
  /** Length of a property's name, in UTF-16 code units. */
  readonly keyLength: number;
  /** Size of one bigint, in bits. */
  readonly bigintBits: number;
  /** Described losses per error. */
  readonly losses: number;
}

/** The bounds in force. */
export const errorLimits: ErrorLimits = {
  depth: 64,
  nodes: 1_000,
  values: 20_000,
  stringLength: 65_536,
  payload: 1_048_576,
  keyLength: 1_024,
  bigintBits: 65_536,
  losses: 32,
};

/** Number of the shape: both sides of a lane must agree on it. */
export const errorFormat = 1;

/** Points to a node of the table. */
export interface EncodedReference {
  /** Index in {@linkcode EncodedError.nodes}. */
  readonly node: number;
}

/** Stands where something could not cross and its position has a meaning: a cause, an element, the thrown value itself. */
export interface EncodedLoss {
  /** What it was. */
  readonly lost: string;
}

/** A primitive as it is, or a reference, or a loss. */
export type EncodedValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | EncodedReference
  | EncodedLoss;

/** A property: its name and value. Pairs rather than an object, so that a property named `__proto__` is only a name. */
export type EncodedEntry = [key: string, value: EncodedValue];

/** An error of any class. */
export interface EncodedErrorNode {
  /** Which shape this is. */
  readonly kind: "error";
  /** The nearest built-in class: the revived error is an instance of it. */
  readonly base: string;
  /** Name of its own class, empty if that has none. */
  readonly className: string;
  /** `code` of TokenGate's own class, if it is one of those. */
  readonly ownCode: string | undefined;
  /** The name a DOMException was made with: its legacy `code` follows from it. */
  readonly domName: string | undefined;
  /** Properties the platform keeps non-enumerable: name, message, stack, cause, errors, error, suppressed. */
  readonly hidden: EncodedEntry[];
  /** Its own enumerable properties. */
  readonly entries: EncodedEntry[];
  /** What of it, and of what only it holds, could not cross. */
  readonly losses: string[];
}

/** An object with properties: a plain one, or what is left of a class instance. */
export interface EncodedObjectNode {
  /** Which shape this is. */
  readonly kind: "object";
  /** Whether its prototype is `null`. */
  readonly bare: boolean;
  /** Its own enumerable properties. */
  readonly entries: EncodedEntry[];
}

/** An array; a missing index is a hole. */
export interface EncodedArrayNode {
  /** Which shape this is. */
  readonly kind: "array";
  /** Its length, in elements. */
  length: number;
  /** Its elements by index, and any further properties. */
  readonly entries: EncodedEntry[];
}

/** A Map. */
export interface EncodedMapNode {
  /** Which shape this is. */
  readonly kind: "map";
  /** Its entries, in order. */
  readonly pairs: [key: EncodedValue, value: EncodedValue][];
}

/** A Set. */
export interface EncodedSetNode {
  /** Which shape this is. */
  readonly kind: "set";
  /** Its members, in order. */
  readonly members: EncodedValue[];
}

/** A Date. */
export interface EncodedDateNode {
  /** Which shape this is. */
  readonly kind: "date";
  /** Milliseconds since the epoch, NaN for an invalid date. */
  readonly time: number;
}

/** A RegExp; its `lastIndex` starts at 0 again, as in a clone. */
export interface EncodedRegExpNode {
  /** Which shape this is. */
  readonly kind: "regexp";
  /** The pattern. */
  readonly source: string;
  /** The flags. */
  readonly flags: string;
}

/** A boxed primitive, as `new String("x")`. */
export interface EncodedBoxedNode {
  /** Which shape this is. */
  readonly kind: "boxed";
  /** What is in the box. */
  readonly value: EncodedValue;
}

/** Binary data: a copy of the bytes that were visible, never of the whole pool behind them. */
export interface EncodedBytesNode {
  /** Which shape this is. */
  readonly kind: "bytes";
  /** Name of the class: `ArrayBuffer`, `DataView` or that of a typed array. */
  readonly type: string;
  /** The bytes. A bare buffer, since a typed array is slow to clone on Deno. */
  readonly buffer: ArrayBuffer;
}

/** One entry of the table. */
export type EncodedNode =
  | EncodedErrorNode
  | EncodedObjectNode
  | EncodedArrayNode
  | EncodedMapNode
  | EncodedSetNode
  | EncodedDateNode
  | EncodedRegExpNode
  | EncodedBoxedNode
  | EncodedBytesNode;

/** A thrown value, ready to be posted: plain objects, arrays, primitives and ArrayBuffers only. */
export interface EncodedError {
  /** {@linkcode errorFormat} of the side that wrote it. */
  readonly format: number;
  /** What was thrown. */
  readonly root: EncodedValue;
  /** The table that references point into. */
  readonly nodes: EncodedNode[];
  /** What could not cross and lies in no error: then the thrown value, which is no error, is not what it was. */
  readonly losses: string[];
}
