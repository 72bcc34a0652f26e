// Programs of the model on lanes that are processes. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { laneModelSuite } from "./suites/lane_model.ts";

checkNoLanesLeft();

// Each starts processes, and starts them again.
laneModelSuite("processes", PROCESS_LANES, 5);
