import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { keysSuite } from "./suites/keys.ts";

checkNoLanesLeft();
keysSuite("ring", {}, 15);
keysSuite("frames", { bridge: "frames" }, 8);
keysSuite("processes", PROCESS_LANES, 4);
