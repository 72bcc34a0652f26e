/**
 * The messages between the ceiling and its workers.
 *
 * @module
 */

/** What the workers run. */
export type CeilingWork =
  | { readonly kind: "wave"; readonly tokens: number }
  | { readonly kind: "noop"; readonly tokens: number }
  | { readonly kind: "spin"; readonly tokens: number; readonly thousands: number };

/** To a worker. */
export type CeilingRequest =
  | {
    readonly type: "prepare";
    readonly work: CeilingWork;
    readonly lane: number;
    readonly lanes: number;
  }
  | { readonly type: "go" }
  | { readonly type: "results" };

/** From a worker. */
export type CeilingAnswer =
  | { readonly type: "up" | "prepared" }
  | { readonly type: "done"; readonly insideMs: number }
  | {
    readonly type: "results";
    readonly indices: readonly number[];
    readonly checksums: readonly number[];
  };
