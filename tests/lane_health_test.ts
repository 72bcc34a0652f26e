// Lanes that are ended on purpose, of each kind. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { laneHealthSuite } from "./suites/lane_health.ts";

checkNoLanesLeft();

laneHealthSuite("ring", { bridge: "ring" });
laneHealthSuite("frames", { bridge: "frames" });
laneHealthSuite("processes", PROCESS_LANES);
