/**
 * The types of the `parseArgs` stand-in: those of `@std/cli`, without dotted names and without typed aliases. They are
 * never looser than the real ones, so that a program checked against them checks against those too.
 *
 * @module
 */

/** Options of {@linkcode parseArgs}; the same as in `@std/cli`. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  N extends string = string,
  D extends Record<string, unknown> = Record<string, unknown>,
> {
  /** Names that are always booleans and default to `false`; `true` makes every `--name` without `=` one. */
  boolean?: boolean | B | readonly B[];
  /** Names whose values stay text. `_` keeps the positional ones text. */
  string?: S | readonly S[];
  /** Names that may be given several times, and whose values are collected. */
  collect?: C | readonly C[];
  /** Names that `--no-name` sets to `false`. */
  negatable?: N | readonly N[];
  /** Other names for a name. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of names that were not given. */
  default?: D;
  /** Whether what follows `--` goes to the result's `--` instead of its `_`. @default {false} */
  "--"?: boolean;
  /** Whether everything from the first positional argument on goes to `_`. @default {false} */
  stopEarly?: boolean;
  /** Called with each argument that no option names; it is left out of the result when this returns `false`. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Value<K extends string, T, C extends string, N extends string> =
  | (K extends C ? T[] : T)
  | (K extends N ? false : never);

type Given<B extends string, S extends string, C extends string, N extends string> =
  & { [K in B]: Value<K, boolean, C, never> }
  & { [K in Extract<S, C>]: Value<K, string, C, N> }
  & { [K in Exclude<S, C>]?: Value<K, string, C, N> | undefined };

type WithDefaults<T, D> =
  & Omit<T, keyof D>
  & { [K in keyof D]: K extends keyof T ? NonNullable<T[K]> | D[K] : unknown };

/** What {@linkcode parseArgs} returns. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  N extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
> =
  & Record<string, unknown>
  & WithDefaults<Given<B, S, C, N>, D>
  & {
    /** The positional arguments; those that look like numbers are numbers. */
    _: (string | number)[];
    /** What followed `--`, when the option of that name is set. */
    "--"?: string[];
  };
