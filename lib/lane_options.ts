/**
 * The options that say how many lanes there are: a fixed number, or one that follows the work.
 *
 * @module
 */

import type { ElasticPolicy } from "./gate/elastic.ts";
import { readDuration, readNumber, show } from "./options.ts";

/** How many lanes there are. Either `lanes`, or the others. */
export interface LaneOptions {
  /**
   * How many lanes, each a worker, may run at once; they are started as they are needed, and stay. 0 is for tests: calls run on the caller's own thread, one after the
   * other, with copies of arguments and results as in a lane; nothing can be stopped there. Default: the processors that this process may use, by its affinity and by the quota of its container.
   */
  readonly lanes?: number;
  /**
   * How many lanes stay when there is nothing to do, and are started at once when there is. 0 to 1,024. With `maxLanes` or `idleMs` the number of lanes follows the work: they are started as they are
   * needed, as many as there are processors; while calls wait all the same, more are tried, and kept when they do more work; those that have nothing to do are ended. Each change is told by
   * the event `scale`. Default: 1, or as many as `lanes` says.
   */
  readonly minLanes?: number;
  /** How many lanes there are at most, when their number follows the work. Default: the processors that this process may use. */
  readonly maxLanes?: number;
  /** How long a lane has nothing to do before it is ended, when their number follows the work, in ms; Infinity for never. Default: 10,000. */
  readonly idleMs?: number;
}

/** The names of these options. */
export const LANE_KEYS: readonly (keyof LaneOptions)[] = [
  "lanes",
  "minLanes",
  "maxLanes",
  "idleMs",
];
const ELASTIC_KEYS = ["minLanes", "maxLanes", "idleMs"] as const;

/** More lanes than this are surely a mistake, such as a size in place of a count. */
const MOST_LANES = 1_024;
/** How long a lane has nothing to do before it is ended, in ms. */
const IDLE_MS = 10_000;

/** How many lanes there are. */
export interface LaneCount {
  /** At most. */
  readonly lanes: number;
  /** When they come and go; undefined when their number is fixed. */
  readonly elastic: ElasticPolicy | undefined;
}

/**
 * @param subject what the options are for
 * @param options what was passed
 * @param processors how many lanes suit the machine
 * @returns how many lanes there are
 * @throws {TypeError} when a value has the wrong type, or a fixed number is given with another option
 * @throws {RangeError} when a number is out of bounds
 */
export function readLaneOptions(
  subject: string,
  options: LaneOptions,
  processors: number,
): LaneCount {
  const usualLanes = Math.min(MOST_LANES, Math.max(1, processors));
  const elasticKey = ELASTIC_KEYS.find((key) => options[key] !== undefined);
  if (elasticKey === undefined) {
    const lanes = readLanes(subject, "lanes", options.lanes, 0);
    return { lanes: lanes ?? usualLanes, elastic: undefined };
  }
  if (options.lanes !== undefined) {
    throw new TypeError(
      `Cannot set "${elasticKey}" of ${subject} beside "lanes", which is a fixed number: received ${
        show(options.lanes)
      }; use maxLanes instead`,
    );
  }
  const asked = readLanes(subject, "minLanes", options.minLanes, 0);
  const maxLanes = readLanes(subject, "maxLanes", options.maxLanes, 1) ??
    Math.max(usualLanes, asked ?? 0);
  if (asked !== undefined && asked > maxLanes) {
    throw new RangeError(
      `Cannot set "minLanes" of ${subject}: received ${asked}, more than maxLanes, which is ${maxLanes}`,
    );
  }
  const idleMs = options.idleMs === undefined
    ? IDLE_MS
    : readDuration(subject, "idleMs", options.idleMs) ?? Infinity;
  return { lanes: maxLanes, elastic: { minLanes: asked ?? 1, maxLanes, usualLanes, idleMs } };
}

function readLanes(subject: string, key: string, lanes: unknown, min: number): number | undefined {
  return readNumber(subject, key, lanes, { min, max: MOST_LANES, isWhole: true });
}
