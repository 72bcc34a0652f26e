/**
 * The worker entry: the module that a lane's worker runs. It is started by a gate and is of no use by itself.
 *
 * The imports are static and await nothing, so the handler is in place before any message can come; the modules of the user are
 * imported later, when the first call that needs them is taken. In a process it is the main module; its pipes keep what comes before a handler does, so what only a
 * process needs is imported there alone.
 *
 * @module
 */

import process from "node:process";
import { PROCESS_LANE } from "../lib/bridge/protocol.ts";
import { LaneCore } from "./core.ts";
import { markLane } from "./mark.ts";
import { openPort } from "./port.ts";

markLane();
if (process.argv.includes(PROCESS_LANE)) {
  const { openProcessPort } = await import("./process_port.ts");
  new LaneCore(openProcessPort);
} else new LaneCore(openPort);
