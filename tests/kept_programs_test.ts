// Random programs of results that stay in their lanes: on threads with a ring, threads with frames, and processes.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { keptPrograms } from "./suites/kept_programs.ts";

checkNoLanesLeft();
keptPrograms("ring", {}, 15);
keptPrograms("frames", { bridge: "frames" }, 8);
keptPrograms("processes", PROCESS_LANES, 4);
