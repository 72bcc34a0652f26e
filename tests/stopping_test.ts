// Stopping what does not stop, and living on. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { endlessSuite, givenUpSuite, stoppingSuite } from "./suites/stopping.ts";

checkNoLanesLeft();

const ring = { bridge: "ring" } as const;
const frames = { bridge: "frames" } as const;
stoppingSuite("ring", ring);
stoppingSuite("frames", frames);
givenUpSuite({ ring, frames });
endlessSuite("ring", ring);
endlessSuite("frames", frames);
