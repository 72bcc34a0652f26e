// The behaviour that every kind of lanes must have. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { conformanceSuite } from "./suites/conformance.ts";

checkNoLanesLeft();

conformanceSuite("ring", { bridge: "ring" });
conformanceSuite("frames", { bridge: "frames" });
conformanceSuite("processes", PROCESS_LANES);
