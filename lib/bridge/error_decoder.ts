/**
 * The host's side of the error codec: turns the table back into what was thrown.
 *
 * First every node gets its object, then every object its properties: so a reference may point anywhere, itself
 * included. Nothing of the input is trusted to have the shape it claims.
 *
 * @module
 */

import { NotCloneableError } from "../errors.ts";
import { isOwnCode, makeBuiltIn, makeOwn, ownClassName } from "./error_classes.ts";
import { decodeLeaf, type EncodedLeaf } from "./error_leaves.ts";
import { omittedProperties, remoteClassName } from "./error_marks.ts";
import { errorFormat, errorLimits } from "./encoded_error.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Decodes one thrown value.
 *
 * @param encoded what `encode` wrote, after any kind of clone
 * @returns what was thrown
 * @throws {TypeError} when it is malformed; and anything that a getter in the input throws
 */
export function decode(encoded: unknown): unknown {
  const { format, root, nodes, losses } = fieldsOf(encoded, "the encoding");
  if (format !== errorFormat) throw malformed("a format this version does not know");
  const table = arrayOf(nodes, "nodes");
  const lines = linesOf(losses);
  const decoder = new Decoder(table);
  const value = decoder.value(root, "Cannot carry what was thrown: received");
  if (lines.length === 0 || isLoss(root)) return value;
  const more = lines.length === 1 ? "" : ` (and ${lines.length - 1} more)`;
  const whole = `Cannot carry what was thrown whole: left out ${
    lines[0]
  }${more}; the rest is its cause`;
  return mark(lost(whole, { cause: value }), lines);
}

class Decoder {
  readonly #objects: object[] = [];

  constructor(table: readonly unknown[]) {
    const nodes: Fields[] = [];
    for (let i = 0; i < table.length; i++) {
      const node = fieldsOf(table[i], "a node");
      nodes.push(node);
      this.#objects.push(makeEmpty(node));
    }
    for (let i = 0; i < nodes.length; i++) this.#fill(nodes[i]!, this.#objects[i]!);
  }

  /** The value of an encoded value; `lossMessage` begins the message of the error that stands for a loss. */
  value(encoded: unknown, lossMessage: string): unknown {
    if (typeof encoded === "function" || typeof encoded === "symbol") {
      throw malformed(`a ${typeof encoded}`);
    }
    if (typeof encoded !== "object" || encoded === null) return encoded;
    if (isLoss(encoded)) return lost(`${lossMessage} ${textOf(encoded.lost, "a loss")}`, {});
    const { node } = fieldsOf(encoded, "a reference");
    const target = typeof node === "number" ? this.#objects[node] : undefined;
    if (target === undefined) throw malformed("a reference to no node");
    return target;
  }

  #part(encoded: unknown): unknown {
    return this.value(encoded, "Cannot carry this part of what was thrown:");
  }

  #fill(node: Fields, target: object): void {
    switch (node.kind) {
      case "error":
        this.#define(target, node.hidden, false);
        this.#define(target, node.entries, true);
        finishError(node, target);
        break;
      case "object":
      case "array":
        this.#define(target, node.entries, true);
        break;
      case "map":
        for (let i = 0, pairs = arrayOf(node.pairs, "pairs"); i < pairs.length; i++) {
          const pair = arrayOf(pairs[i], "a pair");
          Map.prototype.set.call(target, this.#part(pair[0]), this.#part(pair[1]));
        }
        break;
      case "set":
        for (let i = 0, members = arrayOf(node.members, "members"); i < members.length; i++) {
          Set.prototype.add.call(target, this.#part(members[i]));
        }
        break;
    }
  }

  #define(target: object, entries: unknown, enumerable: boolean): void {
    const list = arrayOf(entries, "properties");
    for (let i = 0; i < list.length; i++) {
      const entry = arrayOf(list[i], "a property");
      const key = textOf(entry[0], "a property's name");
      const value = this.#part(entry[1]);
      // What its own constructor has set stays as it set it, and a DOMException's getters are not hidden by copies.
      if (key in target && Object.is(Reflect.get(target, key), value)) {
        if (!enumerable || Object.prototype.propertyIsEnumerable.call(target, key)) continue;
      }
      Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
    }
  }
}

function makeEmpty(node: Fields): object {
  switch (node.kind) {
    case "error":
      return makeError(node);
    case "object":
      return node.bare === true ? Object.create(null) : {};
    case "array": {
      const array: unknown[] = [];
      array.length = Number(node.length);
      return array;
    }
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "date":
    case "regexp":
    case "boxed":
    case "bytes": {
      const leaf = decodeLeaf(node as unknown as EncodedLeaf);
      return leaf ?? lost(`Cannot revive this part of what was thrown: a ${String(node.type)}`, {});
    }
    default:
      throw malformed("a node of an unknown kind");
  }
}

function makeError(node: Fields): Error {
  const message = primitiveOf(node.hidden, "message");
  const text = typeof message === "string" ? message : "";
  let error: Error | undefined;
  if (isOwnCode(node.ownCode)) {
    // Its constructor is given what is known by now. References, to a cause among others, are defined on it later.
    const fields: Record<string, unknown> = {};
    const entries = arrayOf(node.entries, "properties");
    for (let i = 0; i < entries.length; i++) {
      const entry = arrayOf(entries[i], "a property");
      const key = entry[0];
      if (typeof key === "string" && key !== "__proto__") fields[key] = primitive(entry[1]);
    }
    error = makeOwn(node.ownCode, text, fields);
  }
  const domName = typeof node.domName === "string" ? node.domName : undefined;
  error ??= makeBuiltIn(textOf(node.base, "a class"), text, domName);
  // The stack so far is the decoder's, and tells nothing of the failure. On Bun so do these.
  for (const key of ["stack", "line", "column", "sourceURL", "originalLine", "originalColumn"]) {
    Reflect.deleteProperty(error, key);
  }
  return error;
}

function finishError(node: Fields, target: object): void {
  const error = target as Error;
  if (!Object.hasOwn(error, "stack")) hideStack(error);
  const className = textOf(node.className, "a class name");
  const known = isOwnCode(node.ownCode) ? ownClassName(node.ownCode) : node.base;
  if (className !== "" && className !== known && className !== error.name) {
    Object.defineProperty(error, remoteClassName, {
      value: className,
      enumerable: false,
      writable: true,
      configurable: true,
    });
  }
  mark(error, linesOf(node.losses));
}

/** Gives an error that brings no stack its first line as the stack, rather than this decoder's. */
function hideStack(error: Error): void {
  const name = typeof error.name === "string" ? error.name : "";
  const message = typeof error.message === "string" ? error.message : "";
  const value = name === "" || message === "" ? name + message : `${name}: ${message}`;
  Object.defineProperty(error, "stack", {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}

function mark<E extends object>(error: E, lines: string[]): E {
  if (lines.length > 0) Reflect.set(error, omittedProperties, lines);
  return error;
}

function lost(message: string, fields: ErrorOptions): NotCloneableError {
  const error = new NotCloneableError(message, fields);
  hideStack(error);
  return error;
}

function isLoss(value: unknown): value is { readonly lost: unknown } {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "lost");
}

function primitive(value: unknown): unknown {
  return typeof value === "object" ? undefined : value;
}

function primitiveOf(entries: unknown, wanted: string): unknown {
  const list = arrayOf(entries, "properties");
  for (let i = 0; i < list.length; i++) {
    const entry = arrayOf(list[i], "a property");
    if (entry[0] === wanted) return primitive(entry[1]);
  }
  return undefined;
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null) return value as Fields;
  throw malformed(`${what} of type ${value === null ? "null" : typeof value}`);
}

function arrayOf(value: unknown, what: string): readonly unknown[] {
  // Counted through below, never iterated: a length beyond the bounds, or an iterator of its own, could have no end.
  if (Array.isArray(value) && value.length <= errorLimits.values) return value;
  throw malformed(`${what} that are no list, or too long a one`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw malformed(`${what} that is no string`);
}

function linesOf(value: unknown): string[] {
  const lines: string[] = [];
  const list = arrayOf(value, "losses");
  for (let i = 0; i < list.length; i++) lines.push(textOf(list[i], "a loss"));
  return lines;
}

function malformed(what: string): TypeError {
  return new TypeError(`received ${what}`);
}
