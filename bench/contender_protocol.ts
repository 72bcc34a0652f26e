/**
 * What is said between the program that compares and the process of a contender: JSON, one object a line.
 *
 * @module
 */

import type { ClassesRequest } from "./measures/classes.ts";
import type { GrowthRequest } from "./measures/growth.ts";
import type { HeavyRequest } from "./measures/heavy.ts";
import type { NoopRequest } from "./measures/noop.ts";
import type { PingRequest } from "./measures/ping.ts";
import type { Metrics } from "./measures/subject.ts";
import type { WaveRequest } from "./measures/wave.ts";

/** What the process is asked to measure. */
export type MeasureRequest =
  | ({ readonly measure: "noop" } & NoopRequest)
  | ({ readonly measure: "ping" } & PingRequest)
  | { readonly measure: "warmUpWaves" }
  | ({ readonly measure: "wave" } & WaveRequest)
  | ({ readonly measure: "growth" } & GrowthRequest)
  | { readonly measure: "payload"; readonly name: string }
  | { readonly measure: "calibrate" }
  | ({ readonly measure: "heavy" } & HeavyRequest)
  | ({ readonly measure: "classes" } & ClassesRequest)
  | { readonly measure: "memory"; readonly tokens: number };

/** What it answers: first for its start, then for each request. */
export type ContenderReply =
  | {
    readonly type: "measured";
    readonly metrics: Metrics;
    /** Of the results, where they are to be the loop's. */
    readonly checksum?: string | undefined;
    /** Part of the machine's processors that other programs used meanwhile; null when unknown. */
    readonly othersPart: number | null;
    readonly elapsedMs: number;
  }
  | { readonly type: "not offered" }
  | { readonly type: "failed"; readonly error: string };
