// A lane that is started again and again, whatever its runs are.
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { type LaneRun, RestartableLane } from "../lib/lane/restartable.ts";

test("a lane that is stopped while it is being started is stopped as soon as it runs, and the next time it is not", () => {
  const told: string[] = [];
  const run = {
    hold: () => told.push("hold"),
    stop: () => told.push("stop"),
    tallyChildren: () => {},
  } as unknown as LaneRun;
  let end = (): void => {};
  let isInterrupted = true;
  const lane = new RestartableLane(0, 1, (lane, onEnd) => {
    end = onEnd;
    if (isInterrupted) lane.stop();
    told.push("started");
    return run;
  });
  lane.start();
  assertEquals(told.splice(0), ["started", "hold", "stop"]);
  end();
  isInterrupted = false;
  lane.start();
  assertEquals(told.splice(0), ["started", "hold"]);
  lane.stop();
  assertEquals(told, ["stop"]);
});
