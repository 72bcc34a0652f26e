/**
 * Which classes of error the codec knows: the built-in ones and TokenGate's own.
 *
 * @module
 */

import { types } from "node:util";
import {
  CircuitOpenError,
  DependencyError,
  GateClosedError,
  GateDrainingError,
  GateInLaneError,
  LaneCrashError,
  LaneStartError,
  ModuleLoadError,
  NotCloneableError,
  OperationNotFoundError,
  PayloadTooLargeError,
  QueueFullError,
  ResultLostError,
  StrandedError,
  TokenCancelledError,
  type TokenGateError,
  TokenTimeoutError,
} from "../errors.ts";

/** A chain longer than this is no chain: a Proxy may answer with itself for ever. */
const longestChain = 128;

type OwnErrorClass = new (message: string, fields: never) => TokenGateError;

const builtIns = new Set<string>();
const baseByPrototype = new Map<object, string>();
const ownClasses = new Map<string, OwnErrorClass>();

// By name, since SuppressedError is missing on Node 20.
for (
  const name of [
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "ReferenceError",
    "EvalError",
    "URIError",
    "AggregateError",
    "SuppressedError",
    "DOMException",
  ]
) {
  const candidate: unknown = Reflect.get(globalThis, name);
  if (typeof candidate !== "function") continue;
  const prototype: unknown = candidate.prototype;
  if (typeof prototype !== "object" || prototype === null) continue;
  builtIns.add(name);
  baseByPrototype.set(prototype, name);
}

for (
  const ownClass of [
    TokenCancelledError,
    TokenTimeoutError,
    LaneCrashError,
    LaneStartError,
    GateClosedError,
    GateDrainingError,
    GateInLaneError,
    OperationNotFoundError,
    ModuleLoadError,
    NotCloneableError,
    PayloadTooLargeError,
    QueueFullError,
    CircuitOpenError,
    DependencyError,
    ResultLostError,
    StrandedError,
  ] as const
) {
  // The class itself is asked for its code, so that this list can disagree with errors.ts in nothing but its length.
  const make = ownClass as unknown as new (message: string, fields: object) => TokenGateError;
  ownClasses.set(new make("", {}).code, ownClass as unknown as OwnErrorClass);
}

/**
 * Tells whether a value is an error, of this realm or another (`node:vm`, another copy of the built-ins). A plain
 * object that merely has a `message` is none.
 *
 * @param value anything
 * @returns whether it is one; `false` rather than an exception when the value cannot be examined
 */
export function isErrorLike(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (types.isNativeError(value)) return true;
  try {
    return ownRealmBase(value) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Finds the nearest built-in class of an error.
 *
 * @param error an error, by {@linkcode isErrorLike}
 * @returns a name such as `TypeError`; `Error` if nothing better is known
 */
export function baseOf(error: object): string {
  try {
    return ownRealmBase(error) ?? foreignBase(error) ?? "Error";
  } catch {
    return "Error";
  }
}

/**
 * Finds the name of an object's class.
 *
 * @param value any object
 * @returns the name of its nearest constructor; empty if that has none, or cannot be read
 */
export function classNameOf(value: object): string {
  try {
    let prototype = Object.getPrototypeOf(value);
    for (let i = 0; prototype !== null && i < longestChain; i++) {
      const name = constructorName(prototype);
      if (name !== undefined) return name;
      prototype = Object.getPrototypeOf(prototype);
    }
  } catch {
    // A Proxy or a getter on the way: no name.
  }
  return "";
}

/**
 * Makes an empty error of a built-in class.
 *
 * @param base name of the class; one this runtime lacks gives a plain Error
 * @param message its message, which a DOMException cannot be given later
 * @param domName name for a DOMException
 * @returns the error
 */
export function makeBuiltIn(base: string, message: string, domName: string | undefined): Error {
  switch (base) {
    case "TypeError":
      return new TypeError();
    case "RangeError":
      return new RangeError();
    case "SyntaxError":
      return new SyntaxError();
    case "ReferenceError":
      return new ReferenceError();
    case "EvalError":
      return new EvalError();
    case "URIError":
      return new URIError();
    case "AggregateError":
      return new AggregateError([]);
    case "SuppressedError": {
      const suppressed: unknown = Reflect.get(globalThis, "SuppressedError");
      return typeof suppressed === "function"
        ? Reflect.construct(suppressed, [undefined, undefined])
        : new Error();
    }
    case "DOMException":
      return new DOMException(message, domName ?? "Error");
    default:
      return new Error();
  }
}

/**
 * Tells whether a `code` is that of one of TokenGate's own classes.
 *
 * @param code the value of a `code` property
 * @returns whether it is
 */
export function isOwnCode(code: unknown): code is string {
  return typeof code === "string" && ownClasses.has(code);
}

/**
 * Makes an error of one of TokenGate's own classes.
 *
 * @param code the `code` of the class
 * @param message its message
 * @param fields its fields
 * @returns the error, or `undefined` if no class has that code: the lane runs a newer version
 */
export function makeOwn(code: string, message: string, fields: object): Error | undefined {
  const ownClass = ownClasses.get(code);
  return ownClass === undefined ? undefined : new ownClass(message, fields as never);
}

/**
 * Names one of TokenGate's own classes.
 *
 * @param code its `code`
 * @returns its name; empty if no class has that code
 */
export function ownClassName(code: string): string {
  return ownClasses.get(code)?.name ?? "";
}

function ownRealmBase(value: object): string | undefined {
  let prototype = Object.getPrototypeOf(value);
  for (let i = 0; prototype !== null && i < longestChain; i++) {
    const base = baseByPrototype.get(prototype);
    if (base !== undefined) return base;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** An error of another realm has that realm's prototypes: only the names of their constructors can be compared. */
function foreignBase(error: object): string | undefined {
  let prototype = Object.getPrototypeOf(error);
  for (let i = 0; prototype !== null && i < longestChain; i++) {
    const name = constructorName(prototype);
    if (name !== undefined && builtIns.has(name)) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

function constructorName(prototype: object): string | undefined {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof maker !== "function") return undefined;
  const name: unknown = Reflect.get(maker, "name");
  return typeof name === "string" && name !== "" ? name : undefined;
}
