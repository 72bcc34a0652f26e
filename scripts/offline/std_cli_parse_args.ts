/**
 * Stands in for `@std/cli/parse-args` where JSR is out of reach. Reads arguments the way the real one does, down to the
 * values that look like numbers; dotted names, which make nested objects there, are refused here. Never published.
 *
 * @module
 */
import type { Args, ParseOptions } from "./parse_args_types.ts";

export type { Args, ParseOptions } from "./parse_args_types.ts";

/**
 * Parses command line arguments.
 *
 * @param args the arguments, such as `Deno.args`
 * @param options which names are booleans, text, collected, and so on
 * @returns the values by name, the positional ones under `_`
 * @throws {TypeError} when a name holds a dot
 */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const N extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
>(args: readonly string[], options: ParseOptions<B, S, C, N, D> = {}): Args<B, S, C, N, D> {
  const parser = new Parser(options);
  parser.read(args);
  return parser.finish() as Args<B, S, C, N, D>;
}

type Result = Record<string, unknown> & { _: (string | number)[] };

class Parser {
  readonly #options: ParseOptions;
  readonly #others: Map<string, string[]>;
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #result: Result = { _: [] };
  #afterDashes: readonly string[] = [];

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#others = otherNames(options.alias ?? {});
    this.#booleans = this.#named(options.boolean);
    this.#strings = this.#named(options.string);
    this.#collected = this.#named(options.collect);
    this.#negatable = this.#named(options.negatable);
  }

  read(all: readonly string[]): void {
    const dashes = all.indexOf("--");
    this.#afterDashes = dashes < 0 ? [] : all.slice(dashes + 1);
    const args = dashes < 0 ? all : all.slice(0, dashes);
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (/^--./s.test(arg)) {
        i += this.#long(arg, args[i + 1]);
      } else if (/^-[^-]/s.test(arg)) {
        i += this.#short(arg, args[i + 1]);
      } else {
        if (this.#options.unknown?.(arg) !== false) {
          this.#result._.push(this.#strings.has("_") ? arg : numberOr(arg));
        }
        if (this.#options.stopEarly) {
          this.#result._.push(...args.slice(i + 1));
          break;
        }
      }
    }
  }

  finish(): Result {
    const result = this.#result;
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      if (!Object.hasOwn(result, name)) this.#write(name, value, false);
    }
    for (const name of this.#booleans) {
      if (!Object.hasOwn(result, name)) result[name] = this.#collected.has(name) ? [] : false;
    }
    for (const name of this.#strings) {
      if (!Object.hasOwn(result, name) && this.#collected.has(name)) result[name] = [];
    }
    if (this.#options["--"]) result["--"] = [...this.#afterDashes];
    else result._.push(...this.#afterDashes);
    return result;
  }

  /** Reads `--name`, `--name=value` or `--name value`; returns how many arguments it used besides. */
  #long(arg: string, next: string | undefined): 0 | 1 {
    const body = arg.slice(2);
    const equals = body.indexOf("=", 1);
    const negates = /^no-./s.test(body);
    if (equals > 0 && equals < body.length - 1) {
      const name = body.slice(negates && equals > 3 ? 3 : 0, equals);
      const value = body.slice(equals + 1);
      this.#set(name, this.#booleans.has(name) ? value !== "false" : value, arg);
      return 0;
    }
    if (negates && this.#negatable.has(body.slice(3))) {
      this.#set(body.slice(3), false, arg, false);
      return 0;
    }
    const takesValue = !this.#booleans.has(body) && this.#options.boolean !== true;
    if (takesValue && next && !next.startsWith("-")) {
      this.#set(body, next, arg);
      return 1;
    }
    return this.#setWithoutValue(body, arg, next);
  }

  /** Reads a group of letters, of which the last one may take a value: `-v`, `-xvf file`, `-n5`, `-n=5`. */
  #short(arg: string, next: string | undefined): 0 | 1 {
    const last = arg.length - 1;
    for (let i = 1; i < last; i++) {
      const letter = arg[i]!;
      const rest = arg.slice(i + 1);
      const isLetter = /[A-Za-z]/.test(letter);
      if (rest === "-") {
        this.#set(letter, rest, arg);
      } else if (isLetter && rest.includes("=")) {
        this.#set(letter, rest.slice(rest.indexOf("=") + 1), arg);
        return 0;
      } else if ((isLetter && /-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) || /^\W./s.test(rest)) {
        this.#set(letter, rest, arg);
        return 0;
      } else {
        this.#set(letter, this.#strings.has(letter) ? "" : true, arg);
      }
    }
    const letter = arg[last]!;
    if (letter === "-") return 0;
    if (next && !/^--?[^-]/.test(next) && !this.#booleans.has(letter)) {
      this.#set(letter, next, arg);
      return 1;
    }
    return this.#setWithoutValue(letter, arg, next);
  }

  #setWithoutValue(name: string, arg: string, next: string | undefined): 0 | 1 {
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return 1;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return 0;
  }

  #set(name: string, value: string | boolean, arg: string, collect = true): void {
    refuseDots(name);
    const known = this.#booleans.has(name) || this.#strings.has(name) || this.#others.has(name) ||
      (this.#options.boolean === true && /^--[^=]+$/.test(arg));
    if (!known && this.#options.unknown?.(arg, name, value) === false) return;
    const typed = typeof value === "string" && !this.#strings.has(name) ? numberOr(value) : value;
    this.#write(name, typed, collect && this.#collected.has(name));
  }

  #write(name: string, value: unknown, append: boolean): void {
    for (const each of [name, ...this.#others.get(name) ?? []]) {
      const before = Object.hasOwn(this.#result, each) ? this.#result[each] : undefined;
      if (!append) this.#result[each] = value;
      else if (Array.isArray(before)) before.push(value);
      else this.#result[each] = before ? [before, value] : [value];
    }
  }

  #named(option: boolean | string | readonly string[] | undefined): Set<string> {
    const names = new Set<string>();
    if (typeof option === "boolean" || option === undefined) return names;
    for (const name of typeof option === "string" ? [option] : option) {
      if (name === "") continue;
      refuseDots(name);
      names.add(name);
      for (const other of this.#others.get(name) ?? []) names.add(other);
    }
    return names;
  }
}

function otherNames(
  alias: Readonly<Record<string, string | readonly string[]>>,
): Map<string, string[]> {
  const others = new Map<string, string[]>();
  for (const [name, value] of Object.entries(alias)) {
    const group = [name, ...typeof value === "string" ? [value] : value];
    for (const each of group) others.set(each, group.filter((other) => other !== each));
  }
  return others;
}

function numberOr(text: string): string | number {
  const isNumber = /^0x[0-9a-f]+$/i.test(text) ||
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/.test(text);
  return isNumber ? Number(text) : text;
}

function refuseDots(name: string): void {
  if (name.includes(".")) {
    throw new TypeError(`Cannot parse a dotted name: received "${name}"; use a plain one`);
  }
}
