// Random programs on lanes that are processes. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { laneProgramsSuite } from "./suites/lane_programs.ts";

checkNoLanesLeft();

// Each starts processes, and starts them again.
laneProgramsSuite("processes", PROCESS_LANES, 20);
