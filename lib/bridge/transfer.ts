/**
 * Moving memory instead of copying it: what a user marks with `transfer`, and what becomes of the list when it is sent.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { NotCloneableError } from "../errors.ts";
import type { LaneCall } from "./contract.ts";

/** What marks a value of this kind, also one of another copy of the package. */
const TRANSFERRED: symbol = Symbol.for("tokengate.transfer.1");

/** A value and what of it is to be moved. */
export interface Transferred {
  /** The value. */
  readonly value: unknown;
  /** What is moved. */
  readonly list: readonly object[];
}

/**
 * Marks a value whose memory is to be moved to the other side instead of copied, as an argument of a call or as the result of an operation. The
 * side that gives it away can no longer use it: a buffer is empty there from the moment it is sent, which for an argument is when the
 * token is admitted to a lane. Small buffers of Node's `Buffer` pool, which other data shares, are copied all the same.
 *
 * A call whose arguments were moved cannot be sent a second time: if its lane is lost before it started, it rejects with a `LaneCrashError`.
 *
 * @param value the value; it is handed on as it is
 * @param list what of it is to be moved: `ArrayBuffer`s, views of them, which stand for their buffers, ports and streams
 * @returns the value with its mark, to be passed as an argument itself, not inside of one, or to be returned
 * @throws {TypeError} when the list is no array of objects
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, transfer } from "@tokengate/tokengate";
 *
 * export const invert: Operation<[pixels: Uint8Array], Uint8Array> = operation(
 *   import.meta,
 *   "invert",
 *   (pixels) => {
 *     for (let i = 0; i < pixels.length; i++) pixels[i] = 255 - pixels[i]!;
 *     return transfer(pixels, [pixels.buffer]);
 *   },
 * );
 *
 * if (!inLane) {
 *   const pixels = new Uint8Array(1_000_000);
 *   const inverted = await invert(transfer(pixels, [pixels.buffer]));
 *   console.log(pixels.length, inverted.length, inverted[0]); // 0 1000000 255
 * }
 * ```
 */
export function transfer<T>(value: T, list: readonly object[]): T {
  checkTransferList("a value", list);
  const marked = { value, list: [...list], send: refuseToClone };
  Object.defineProperty(marked, TRANSFERRED, { value: true });
  return marked as unknown as T;
}

/** A property that structured clone refuses: a mark that is not where it is looked for must not arrive as an ordinary object. */
function refuseToClone(): never {
  throw new TypeError("Cannot use a value marked by transfer() before it has arrived");
}

/**
 * @param subject what is to be sent
 * @param list what was given as a list
 * @throws {TypeError} when it is no array of objects
 */
export function checkTransferList(subject: string, list: unknown): void {
  const isList = Array.isArray(list) &&
    list.every((item) => typeof item === "object" && item !== null);
  if (isList) return;
  throw new TypeError(
    `Cannot transfer ${subject}: received a list that is no array of objects; pass an array of the buffers to move`,
  );
}

/** @param value any value @returns whether it is marked by `transfer` */
export function isTransferred(value: unknown): value is Transferred {
  return typeof value === "object" && value !== null && TRANSFERRED in value;
}

/** @param value any value @returns the value itself, without a mark */
export function withoutMark(value: unknown): unknown {
  return isTransferred(value) ? value.value : value;
}

/** @param args arguments @returns the same without marks */
export function withoutMarks(args: readonly unknown[]): readonly unknown[] {
  return movesAny(args) ? args.map(withoutMark) : args;
}

/** @param args arguments @returns whether one of them is marked */
export function movesAny(args: readonly unknown[]): boolean {
  for (let i = 0; i < args.length; i++) if (isTransferred(args[i])) return true;
  return false;
}

/** @param call a call @returns whether something of its arguments is to be moved */
export function movesArguments(call: LaneCall): boolean {
  return call.transfer !== undefined || movesAny(call.args);
}

/**
 * @param call a call that moves something
 * @returns all that it moves, as the runtimes want it
 * @throws {NotCloneableError} when something in it cannot be moved
 */
export function transferOf(call: LaneCall): object[] {
  const list: object[] = [...call.transfer ?? []];
  for (const value of call.args) if (isTransferred(value)) list.push(...value.list);
  return toMove(list);
}

/**
 * @param list what a user wants to move
 * @returns each thing once, buffers in the place of their views, without what shares its memory with other data
 * @throws {NotCloneableError} when something in it cannot be moved
 */
export function toMove(list: readonly object[]): object[] {
  const moved: Set<object> = new Set();
  for (const item of list) {
    const buffer = ArrayBuffer.isView(item) ? item.buffer : item;
    if (buffer instanceof SharedArrayBuffer) {
      throw new NotCloneableError(
        "Cannot transfer a SharedArrayBuffer: it is shared; pass it without a list",
      );
    }
    if (buffer instanceof ArrayBuffer) {
      if (isPooled(item, buffer)) continue;
      if (isDetached(buffer)) {
        throw new NotCloneableError(
          "Cannot transfer an ArrayBuffer: it is detached, and was transferred before",
        );
      }
    }
    moved.add(buffer);
  }
  return [...moved];
}

/** Whether a buffer is, or is a part of, the memory from which Node cuts small Buffers. Moving it would empty all the others. */
function isPooled(item: object, buffer: ArrayBuffer): boolean {
  const isPart = Buffer.isBuffer(item) && item.byteLength < buffer.byteLength;
  return isPart || buffer === Buffer.allocUnsafe(1).buffer;
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
