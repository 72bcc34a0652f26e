/**
 * The lane's side of the error codec: turns whatever was thrown into a bounded table of plain data.
 *
 * The walk is breadth first, errors before anything else. So a deep or wide object that somebody hung on an error (a
 * socket, a request) uses up the bounds last, after every cause and every near property; and nothing here recurses.
 *
 * The thrown value belongs to the user: any read may run a getter or a trap, and any of those may throw. Each read is
 * therefore guarded by itself, so that one bad property costs that property and no more.
 *
 * @module
 */

import { types } from "node:util";
import { isErrorLike } from "./error_classes.ts";
import { encodeLeaf, leafSize } from "./error_leaves.ts";
import { describe, LossList, type Place } from "./error_losses.ts";
import {
  type EncodedArrayNode,
  type EncodedEntry,
  type EncodedError,
  type EncodedErrorNode,
  type EncodedLoss,
  type EncodedNode,
  type EncodedReference,
  type EncodedValue,
  errorFormat,
  errorLimits,
} from "./encoded_error.ts";
import { earlierLosses, emptyErrorNode, emptyNode } from "./error_nodes.ts";

/** An object that has its node in the table, but whose properties have not been read yet. */
interface Pending {
  readonly source: object;
  readonly node: EncodedNode;
  readonly depth: number;
  readonly place: Place | undefined;
  readonly losses: LossList;
}

/** What a guarded read gives when the read threw. */
const unreadable: unique symbol = Symbol("unreadable");

/** Keys of an error that are carried as the platform has them, apart from the other properties. */
const alwaysHidden: readonly string[] = ["name", "message", "stack", "cause"];

/**
 * Encodes one thrown value.
 *
 * @param value whatever was thrown
 * @returns plain data; see {@linkcode errorLimits} for its bounds
 */
export function encode(value: unknown): EncodedError {
  const encoder = new Encoder();
  const losses = new LossList();
  const root = encoder.value(value, -1, undefined, losses);
  encoder.finish();
  return { format: errorFormat, root, nodes: encoder.nodes, losses: losses.lines };
}

class Encoder {
  readonly nodes: EncodedNode[] = [];
  readonly #references = new Map<object, EncodedReference>();
  readonly #errors: Pending[] = [];
  readonly #others: Pending[] = [];
  #valuesLeft = errorLimits.values;
  #payloadLeft = errorLimits.payload;
  /** Number of values left at which the object being read must stop. */
  #valuesFloor = 0;
  /** Number of nodes at which the object being read must make no more, errors apart. */
  #nodesCeiling = errorLimits.nodes;

  /** Reads the properties of all objects met, until none is left. */
  finish(): void {
    let error = 0;
    let other = 0;
    for (;;) {
      const next = error < this.#errors.length ? this.#errors[error++] : this.#others[other++];
      if (next === undefined) return;
      this.#fill(next);
    }
  }

  /** Encodes a value found at a place. Where it cannot cross, a loss is listed and returned. */
  value(
    value: unknown,
    parentDepth: number,
    place: Place | undefined,
    losses: LossList,
  ): EncodedValue {
    if (this.#valuesLeft <= 0) return lose(place, losses, "too many values");
    this.#valuesLeft--;
    switch (typeof value) {
      case "undefined":
      case "boolean":
      case "number":
        return value;
      case "string":
        return this.#string(value, place, losses);
      case "bigint":
        return this.#bigint(value, place, losses);
      case "object":
        return value === null ? null : this.#object(value, parentDepth + 1, place, losses);
      default:
        return lose(place, losses, describe(value));
    }
  }

  #string(text: string, place: Place | undefined, losses: LossList): string {
    const room = Math.min(errorLimits.stringLength, this.#payloadLeft);
    if (text.length <= room) {
      this.#payloadLeft -= text.length;
      return text;
    }
    this.#payloadLeft -= room;
    losses.add(place, `cut after ${room} of ${text.length} characters`);
    return `${text.slice(0, room)}… [${text.length - room} more characters]`;
  }

  #bigint(value: bigint, place: Place | undefined, losses: LossList): EncodedValue {
    if (BigInt.asIntN(64, value) === value) return value;
    if (BigInt.asIntN(errorLimits.bigintBits, value) === value) {
      const size = value.toString(16).length;
      if (size <= this.#payloadLeft) {
        this.#payloadLeft -= size;
        return value;
      }
    }
    return lose(place, losses, "too long a bigint");
  }

  #object(
    source: object,
    depth: number,
    place: Place | undefined,
    losses: LossList,
  ): EncodedValue {
    const known = this.#references.get(source);
    if (known !== undefined) return known;
    if (depth >= errorLimits.depth) {
      return lose(place, losses, `more than ${errorLimits.depth} levels deep`);
    }
    if (this.nodes.length >= errorLimits.nodes) return lose(place, losses, "too many objects");
    if (isErrorLike(source)) {
      // An error lists its own losses, by paths that start at itself.
      const list = new LossList();
      const node = emptyErrorNode(source, list.lines);
      return this.#later(this.#errors, { source, node, depth, place: undefined, losses: list });
    }
    if (this.nodes.length >= this.#nodesCeiling) return lose(place, losses, "too many objects");
    if (types.isProxy(source)) return lose(place, losses, describe(source));
    try {
      const leaf = encodeLeaf(source, this.#payloadLeft >> 1);
      if (leaf !== undefined) this.#payloadLeft -= leafSize(leaf);
      const node = leaf ?? emptyNode(source);
      if (node !== undefined) {
        return this.#later(this.#others, { source, node, depth, place, losses });
      }
    } catch {
      // A detached buffer, a trap in its prototype chain: it says below what it was.
    }
    return lose(place, losses, describe(source));
  }

  #later(queue: Pending[], pending: Pending): EncodedReference {
    const reference: EncodedReference = { node: this.nodes.length };
    this.nodes.push(pending.node);
    this.#references.set(pending.source, reference);
    queue.push(pending);
    return reference;
  }

  #fill(pending: Pending): void {
    this.#valuesFloor = this.#valuesLeft >> 1;
    this.#nodesCeiling = (this.nodes.length + errorLimits.nodes + 1) >> 1;
    try {
      const node = pending.node;
      if (node.kind === "error") this.#fillError(pending, node);
      else if (node.kind === "object") this.#fillEntries(pending, node.entries, []);
      else if (node.kind === "array") this.#fillArray(pending, node);
      else if (node.kind === "map") this.#fillMap(pending, node.pairs);
      else if (node.kind === "set") this.#fillSet(pending, node.members);
    } catch {
      // Only an exotic object gets here, and it keeps what was read of it so far.
      pending.losses.add(pending.place, "reading it threw");
    }
  }

  #fillError(pending: Pending, node: EncodedErrorNode): void {
    const source = pending.source;
    const hidden = alwaysHidden.slice();
    for (const line of earlierLosses(source)) pending.losses.addLine(line);
    this.#hideMessage(pending, node);
    this.#hideNameAndStack(pending, node);
    this.#hideRead(pending, node, "cause");
    if (node.base === "AggregateError") {
      hidden.push("errors");
      this.#hideRead(pending, node, "errors");
    } else if (node.base === "SuppressedError") {
      hidden.push("error", "suppressed");
      this.#hideRead(pending, node, "error");
      this.#hideRead(pending, node, "suppressed");
    } else if (node.base === "DOMException" && !hasOwn(source, "code")) {
      this.#hideRead(pending, node, "code");
    }
    this.#fillEntries(pending, node.entries, hidden);
  }

  #hideMessage(pending: Pending, node: EncodedErrorNode): void {
    const message = this.#read(pending, "message");
    if (message === unreadable) {
      node.hidden.push(["message", "(the message cannot be read: its getter threw)"]);
    } else if (message !== "" || hasOwn(pending.source, "message")) {
      this.#hide(pending, node, "message", message);
    }
  }

  /**
   * The name, if its class set one; otherwise the name of its class, so that `class HttpError extends Error {}` is
   * still to be told from any other Error where its class does not exist. Then the first line of the stack begins
   * with it too: that line is what gets printed.
   */
  #hideNameAndStack(pending: Pending, node: EncodedErrorNode): void {
    const name = this.#read(pending, "name");
    const stack = this.#read(pending, "stack");
    let shown = name;
    if (name === unreadable) {
      shown = node.className === "" ? node.base : node.className;
    } else if (name === (node.domName === undefined ? node.base : "Error")) {
      if (node.className !== "" && !hasOwn(pending.source, "name")) shown = node.className;
    }
    this.#hide(pending, node, "name", shown);
    if (stack === unreadable) return;
    const renamed = shown === name ? stack : renameStack(stack, name, shown);
    this.#hide(pending, node, "stack", renamed);
  }

  #hideRead(pending: Pending, node: EncodedErrorNode, key: string): void {
    const value = this.#read(pending, key);
    if (value !== unreadable) this.#hide(pending, node, key, value);
  }

  #hide(pending: Pending, node: EncodedErrorNode, key: string, value: unknown): void {
    if (value === undefined && !hasOwn(pending.source, key)) return;
    const place = placeOf(pending, key);
    const losses = pending.losses;
    // Texts are carried even when there are too many values already: without them the error says nothing.
    const encoded = typeof value === "string"
      ? this.#string(value, place, losses)
      : this.value(value, pending.depth, place, losses);
    const text = key === "name" || key === "message" || key === "stack";
    if (!text || !isLoss(encoded)) node.hidden.push([key, encoded]);
  }

  #fillEntries(pending: Pending, entries: EncodedEntry[], except: readonly string[]): void {
    const keys = this.#keys(pending);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (except.includes(key)) continue;
      if (this.#valuesLeft <= this.#valuesFloor) {
        pending.losses.add(pending.place, `${keys.length - i} properties too many`);
        return;
      }
      if (key.length > Math.min(errorLimits.keyLength, this.#payloadLeft)) {
        pending.losses.add(placeOf(pending, key), "too long a name");
        continue;
      }
      this.#payloadLeft -= key.length;
      const value = this.#read(pending, key);
      if (value === unreadable) continue;
      // Deno's errors of Node's kind each have a `toString` of their own; nobody misses it.
      if (typeof value === "function" && key === "toString") continue;
      const encoded = this.value(value, pending.depth, placeOf(pending, key), pending.losses);
      if (!isLoss(encoded)) entries.push([key, encoded]);
    }
  }

  #fillArray(pending: Pending, node: EncodedArrayNode): void {
    const source = pending.source as ArrayLike<unknown>;
    const length = source.length;
    const carried = Math.min(length, errorLimits.values);
    node.length = length;
    // The keys of a long array are a long list of strings: its elements are counted through instead.
    const keys = length > carried ? undefined : this.#keys(pending);
    const count = keys === undefined ? carried : keys.length;
    for (let i = 0; i < count; i++) {
      const key = keys === undefined ? String(i) : keys[i]!;
      if (this.#valuesLeft <= this.#valuesFloor) {
        node.length = i;
        pending.losses.add(pending.place, `cut after ${i} of ${length} elements`);
        return;
      }
      if (keys === undefined && !(i in source)) continue;
      const value = this.#read(pending, key);
      const place = placeOf(pending, key);
      const encoded = value === unreadable
        ? { lost: "an element whose getter threw" }
        : this.value(value, pending.depth, place, pending.losses);
      node.entries.push([key, encoded]);
    }
    if (keys === undefined) {
      node.length = carried;
      pending.losses.add(pending.place, `cut after ${carried} of ${length} elements`);
    }
  }

  #fillMap(pending: Pending, pairs: [EncodedValue, EncodedValue][]): void {
    const source = pending.source as Map<unknown, unknown>;
    for (const [key, value] of Map.prototype.entries.call(source)) {
      if (this.#valuesLeft <= this.#valuesFloor + 1) {
        pending.losses.add(pending.place, `cut after ${pairs.length} of ${source.size} entries`);
        return;
      }
      const number = pairs.length;
      const { depth, losses } = pending;
      const encodedKey = this.value(key, depth, placeOf(pending, `(key ${number})`), losses);
      if (isLoss(encodedKey)) continue;
      const place = placeOf(pending, `(value ${number})`);
      const encodedValue = this.value(value, depth, place, losses);
      if (!isLoss(encodedValue)) pairs.push([encodedKey, encodedValue]);
    }
  }

  #fillSet(pending: Pending, members: EncodedValue[]): void {
    const source = pending.source as Set<unknown>;
    for (const member of Set.prototype.values.call(source)) {
      if (this.#valuesLeft <= this.#valuesFloor) {
        pending.losses.add(pending.place, `cut after ${members.length} of ${source.size} members`);
        return;
      }
      const place = placeOf(pending, `(member ${members.length})`);
      const encoded = this.value(member, pending.depth, place, pending.losses);
      if (!isLoss(encoded)) members.push(encoded);
    }
  }

  #keys(pending: Pending): string[] {
    try {
      return Object.keys(pending.source);
    } catch {
      pending.losses.add(pending.place, "listing its properties threw");
      return [];
    }
  }

  #read(pending: Pending, key: string): unknown {
    try {
      return Reflect.get(pending.source, key);
    } catch {
      pending.losses.add(placeOf(pending, key), "reading it threw");
      return unreadable;
    }
  }
}

function renameStack(stack: unknown, name: unknown, shown: unknown): unknown {
  if (typeof stack !== "string" || typeof name !== "string" || !stack.startsWith(name)) {
    return stack;
  }
  const rest = stack.slice(name.length);
  return rest === "" || rest.startsWith(":") || rest.startsWith("\n") ? `${shown}${rest}` : stack;
}

function lose(place: Place | undefined, losses: LossList, what: string): EncodedLoss {
  losses.add(place, what);
  return { lost: what };
}

function isLoss(value: EncodedValue): value is EncodedLoss {
  return typeof value === "object" && value !== null && "lost" in value;
}

function placeOf(pending: Pending, key: string): Place {
  return { parent: pending.place, key };
}

function hasOwn(source: object, key: string): boolean {
  try {
    return Object.hasOwn(source, key);
  } catch {
    return false;
  }
}
