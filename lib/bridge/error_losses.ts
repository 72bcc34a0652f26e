/**
 * Words for what could not cross between isolates: where it was and what it was.
 *
 * @module
 */

import { types } from "node:util";
import { classNameOf } from "./error_classes.ts";
import { errorLimits } from "./encoded_error.ts";

/** Longest name shown in a description, in UTF-16 code units. */
const shownLength = 64;

/** Where a value was found: a chain from it up to the error that lists its losses. */
export interface Place {
  /** The place of the object that holds it; `undefined` if that is the listing error itself. */
  readonly parent: Place | undefined;
  /** Its property name, or a description of its position. */
  readonly key: string;
}

/** The losses of one error, bounded. */
export class LossList {
  /** The described losses, in the order they were met. */
  readonly lines: string[] = [];
  #unlisted = 0;

  /**
   * Adds one loss.
   *
   * @param place where it was; `undefined` for the listing value itself
   * @param what what it was
   */
  add(place: Place | undefined, what: string): void {
    // Beyond the bound there may be thousands: they are counted, their paths are not even spelled out.
    if (this.lines.length >= errorLimits.losses) {
      this.addLine("");
      return;
    }
    const path = showPath(place);
    this.addLine(path === "" ? what : `${path}: ${what}`);
  }

  /**
   * Adds one loss that is described already.
   *
   * @param line its description
   */
  addLine(line: string): void {
    if (this.lines.length < errorLimits.losses) {
      this.lines.push(line);
    } else {
      this.#unlisted++;
      // The last line counts what no longer has room. It is rewritten in place: encoded errors share this array.
      this.lines[errorLimits.losses] = `and ${this.#unlisted} more`;
    }
  }
}

/**
 * Makes a text fit for a message.
 *
 * @param text any text
 * @returns its beginning
 */
export function shorten(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`;
}

/**
 * Says what a value that cannot cross is.
 *
 * @param value a function, a symbol or an object
 * @returns a phrase such as `a function named "parse"` or `an instance of Socket`; never throws, whatever the value does
 */
export function describe(value: unknown): string {
  if (typeof value === "symbol") return shorten(String(value));
  if (types.isProxy(value)) return "a Proxy";
  if (typeof value === "function") {
    const name = functionName(value);
    return name === "" ? "a function" : `a function named ${JSON.stringify(shorten(name))}`;
  }
  if (typeof value !== "object" || value === null) return `a value of type ${typeof value}`;
  const className = classNameOf(value);
  return className === ""
    ? "an instance of an unnamed class"
    : `an instance of ${shorten(className)}`;
}

function functionName(value: object): string {
  try {
    const name: unknown = Reflect.get(value, "name");
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

function showPath(place: Place | undefined): string {
  const keys: string[] = [];
  for (let at = place; at !== undefined; at = at.parent) keys.push(at.key);
  let path = "";
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = shorten(keys[i] ?? "");
    if (/^(?:0|[1-9]\d*)$/.test(key)) path += `[${key}]`;
    else if (/^\((?:key|value|member) \d+\)$/.test(key)) path += key;
    else if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) {
      path += `[${JSON.stringify(key)}]`;
    } else path += path === "" ? key : `.${key}`;
  }
  return path;
}
