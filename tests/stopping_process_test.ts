// Stopping what does not stop, and living on, where lanes are processes. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { endlessSuite, givenUpSuite, stoppingSuite } from "./suites/stopping.ts";

checkNoLanesLeft();

stoppingSuite("processes", PROCESS_LANES);
givenUpSuite({ processes: PROCESS_LANES });
endlessSuite("processes", PROCESS_LANES);
