// Random programs on lanes that are threads. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { laneProgramsSuite } from "./suites/lane_programs.ts";

checkNoLanesLeft();

laneProgramsSuite("threads", {}, 100);
