// Programs of the model on lanes that are threads. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { laneModelSuite } from "./suites/lane_model.ts";

checkNoLanesLeft();

laneModelSuite("ring", { bridge: "ring" }, 20);
laneModelSuite("frames", { bridge: "frames" }, 20);
