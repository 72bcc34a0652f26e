// Stopping what does not stop, and living on. The same file runs on Deno, Bun and Node.
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { endlessSuite, stoppingSuite } from "./suites/stopping.ts";

checkNoLanesLeft();

stoppingSuite("ring", { bridge: "ring" });
stoppingSuite("frames", { bridge: "frames" });
endlessSuite("ring", { bridge: "ring" });
endlessSuite("frames", { bridge: "frames" });
