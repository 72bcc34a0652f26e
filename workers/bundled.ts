/**
 * The worker entry as a part of a program, for bundles: a bundle that holds this module is its own worker entry. In the program it does nothing but say where it is; a
 * lane starts in the very same file, and there it is the lane.
 *
 * Since the lane imports the bundle, whatever belongs to the program alone must be guarded, as in a program of one file.
 *
 * @example
 * ```ts alone
 * import "@tokengate/tokengate/bundled";
 * import { inLane, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const double: Operation<[n: number], number> = operation(import.meta, "double", (n) => 2 * n);
 *
 * if (!inLane) console.log(await double(21)); // 42
 * ```
 *
 * @module
 */

import process from "node:process";
import { PROCESS_LANE } from "../lib/bridge/protocol.ts";
import { isLane, laneMark } from "../lib/lane_mark.ts";
import { useBundledEntry } from "../lib/runtime/entry_url.ts";
import { LaneCore } from "./core.ts";
import { markLane } from "./mark.ts";
import { openPort } from "./port.ts";
import { openProcessPort } from "./process_port.ts";

if (!isLane()) useBundledEntry(import.meta.url);
// A lane that has begun elsewhere imports this module with those of the user.
else if (laneMark() === undefined) {
  markLane();
  // No `await import`, as in the entry: that would make every module of the program wait.
  new LaneCore(process.argv.includes(PROCESS_LANE) ? openProcessPort : openPort);
}
