// Random call trees on threads with a ring, threads with frames, and processes. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { domainProgramsSuite } from "./suites/domain_programs.ts";

checkNoLanesLeft();

domainProgramsSuite("ring", {}, 40);
domainProgramsSuite("frames", { bridge: "frames" }, 40);
domainProgramsSuite("processes", PROCESS_LANES, 15);
