import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { ProcessWindow, type WindowOperation } from "../lib/lane/process_window.ts";
import { inheritedFlags } from "../lib/runtime/process.ts";
import { ProcessControl } from "../workers/process_control.ts";

/** An operation whose module is loaded, and whose runs take so long, in ms. */
function operation(window: ProcessWindow, perLane: number, meanMs: number): WindowOperation {
  return Object.assign(window.operation(1, perLane), { isLoaded: true, meanMs });
}

function enter(window: ProcessWindow, operation: WindowOperation, slot: number): void {
  window.enter({ slot, tokenId: 100 + slot, operation, isLimited: false });
}

test("of an operation that is not known to be quick one call is inside at a time", () => {
  const window = new ProcessWindow();
  const unknown = operation(window, 1, Infinity);
  assert(window.mayEnter(unknown, false));
  enter(window, unknown, 0);
  assertEquals(window.mayEnter(unknown, false), false);
  window.begin(0, 1_000);
  assertEquals(window.leave(0, 1_005), unknown);
  assertEquals([unknown.meanMs, window.size, unknown.inside], [5, 0, 0]);
  assert(window.mayEnter(unknown, false));
});

test("quick calls are written ahead, but not one with a limit, nor behind one", () => {
  const window = new ProcessWindow();
  const quick = operation(window, 1, 0.1);
  const slow = operation(window, 1, 10);
  let slot = 0;
  while (window.mayEnter(quick, false)) enter(window, quick, slot++);
  assert(slot > 1 && slot < 16, `${slot}`);
  window.leave(0, 0);
  assertEquals(window.mayEnter(quick, true), false);
  assertEquals(window.mayEnter(slow, false), false);
  while (window.size > 0) window.leave(--slot, 0);
  enter(window, slow, 0);
  assertEquals(window.mayEnter(quick, false), false);
});

test("calls that may overlap do, as many as each of their operations allows", () => {
  const window = new ProcessWindow();
  const three = operation(window, 3, 10);
  const two = operation(window, 2, 10);
  const one = operation(window, 1, 10);
  enter(window, three, 0);
  assert(window.mayEnter(two, true));
  assertEquals(window.mayEnter(one, false), true, "it runs beside those that wait");
  enter(window, two, 1);
  enter(window, two, 2);
  assertEquals(window.mayEnter(three, false), false, "the other has as many as it may have");
  window.leave(2, NaN);
  assert(window.mayEnter(three, false));
});

test("nothing enters beside a call that was asked to stop", () => {
  const window = new ProcessWindow();
  const three = operation(window, 3, 0.1);
  enter(window, three, 4);
  assertEquals([window.abort(999), window.abort(104), window.abort(104)], [undefined, [4, 0], [
    4,
    0,
  ]]);
  assertEquals([window.isAborted(4), window.mayEnter(three, false)], [true, false]);
  window.leave(4, 0);
  assert(window.mayEnter(three, false));
});

test("calls that were written and never began are known", () => {
  const window = new ProcessWindow();
  const quick = operation(window, 1, 0.1);
  for (const slot of [0, 1, 2]) enter(window, quick, slot);
  window.begin(0, 5);
  window.leave(0, 6);
  window.begin(1, 7);
  assertEquals(window.unbegun(), [2]);
});

test("a lane inherits the flags that hold for it, and none that make its runtime do something else", () => {
  const kept = ["--import", "hooks.mjs", "--max-old-space-size=64", "--experimental-vm-modules"];
  const dropped = [
    "--inspect-brk=9229",
    "--test",
    "--test-reporter=spec",
    "--watch",
    "--input-type=module",
    "-e",
    "console.log(1)",
    "--print",
    "1 + 1",
  ];
  assertEquals(inheritedFlags([...kept.slice(0, 2), ...dropped, ...kept.slice(2)]), kept);
});

test("a call in a process is asked to stop by whichever of thread and message comes first, and its successor in the slot is not", () => {
  const aborted = new SharedArrayBuffer(16);
  new Float64Array(aborted).fill(-2);
  const nothing = (): void => {};
  const writer = { started: nothing, ended: nothing, heap: nothing, children: nothing };
  const control = new ProcessControl(2, aborted, writer);
  control.receive(1);
  control.receive(0);
  control.receiveAbort(1, 0);
  assertEquals([control.isAborted(0), control.isAborted(1)], [false, true]);
  new Float64Array(aborted)[0] = 1;
  assertEquals(control.isAborted(0), true);
  control.receive(1);
  control.receive(0);
  // The other one of the two comes late.
  new Float64Array(aborted).set([1, 0]);
  assertEquals([control.isAborted(0), control.isAborted(1)], [false, false]);
});

test("a child is not written ahead of what may wait for it, however quick it is", () => {
  const window = new ProcessWindow();
  const quick = operation(window, 1, 0.1);
  const child = Object.assign(window.operation(2, 1, Infinity, true), {
    isLoaded: true,
    meanMs: 0.1,
  });
  window.enter({ slot: 0, tokenId: 0, operation: quick, isLimited: false });
  assertEquals(window.mayEnter(quick, false), true);
  assertEquals(window.mayEnter(child, false), false);
});
