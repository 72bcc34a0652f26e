// Which call follows which, in one thread: gate and lanes take turns at every step, and a model counts what runs.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CallBoard } from "../lib/bridge/call_board.ts";
import { Successors } from "../lib/bridge/successors.ts";

// More by TOKENGATE_RING_CASES=100000.
const cases = Number(process.env.TOKENGATE_RING_CASES ?? 3_000);
const SLOTS = 4;
const OPERATION = 3;

test("a call that is followed has the successor that is set, until that is cleared", () => {
  const gate = Successors.allocate(SLOTS);
  const lane = new Successors(gate.memory);
  assertEquals(lane.after(1, OPERATION), -1);
  gate.follow(1, true);
  assertEquals(lane.after(1, OPERATION), -1);
  gate.set(OPERATION, 0);
  assertEquals([lane.after(1, OPERATION), lane.after(2, OPERATION)], [0, -1]);
  assertEquals(lane.after(1, OPERATION + 1), -1);
  gate.follow(1, false);
  assertEquals(lane.after(1, OPERATION), -1);
  gate.follow(1, true);
  gate.clear(OPERATION);
  assertEquals(lane.after(1, OPERATION), -1);
});

test("an operation whose number is too high has no successors, and overwrites nothing", () => {
  const gate = Successors.allocate(SLOTS);
  let most = 0;
  while (gate.takes(most)) most++;
  gate.follow(0, true);
  assert(most >= 256);
  assertEquals(gate.after(0, most), -1);
  gate.set(most - 1, SLOTS - 1);
  assertEquals([gate.after(0, most - 1), gate.after(1, most - 1)], [SLOTS - 1, -1]);
});

/** A call of the one operation there is. */
interface ModelCall {
  readonly id: number;
  readonly slot: number;
  /** Whether a permit is held for it, and whether it has been given up by who holds that. */
  hasPermit: boolean;
  isGivenUp: boolean;
  isRunning: boolean;
}

/** A lane between two of its steps. */
interface ModelLane {
  readonly life: number;
  step: "idle" | "running" | "looks" | "reads" | "looks again" | "ends" | "answers";
  call: ModelCall | undefined;
  seen: number;
  word: number;
  next: number;
  nextWord: number;
}

const LANES = 3;

test("in every order of steps no more calls run at once than may, and all of them run", () => {
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: fc.constant("lane"), at: fc.nat(LANES - 1) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("hear"), at: fc.nat(LANES - 1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("replace"), at: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("give up"), at: fc.nat(LANES - 1) }) },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 }),
      fc.array(step, { maxLength: 150, size: "max" }),
      runs,
    ),
    { numRuns: cases },
  );
});

function runs(limit: number, steps: readonly { kind: string; at: number }[]): void {
  const gate = CallBoard.allocate(SLOTS);
  const board = new CallBoard(gate.memory, SLOTS);
  const successors = Successors.allocate(SLOTS);
  const theirs = new Successors(successors.memory);
  const free = Array.from({ length: SLOTS }, (_, slot) => slot);
  const generations = new Array(SLOTS).fill(0);
  const calls: Map<number, ModelCall> = new Map();
  const answers: ModelCall[] = [];
  const lanes = Array.from({ length: LANES }, (_, life): ModelLane => ({
    life: life + 1,
    step: "idle",
    call: undefined,
    seen: -1,
    word: 0,
    next: -1,
    nextWord: 0,
  }));
  let permits = limit;
  let made = 0;
  let ended = 0;
  let ahead: ModelCall | undefined;

  function open(hasPermit: boolean): ModelCall {
    const slot = free.shift()!;
    const call = { id: made++, slot, hasPermit, isGivenUp: false, isRunning: false };
    calls.set(slot, call);
    successors.follow(slot, true);
    gate.open(slot, generations[slot]++, OPERATION, call.id, 8, Infinity);
    return call;
  }

  /** Gives free permits to who is laid out, then to new calls; and lays one out when there are none. */
  function giveOut(): void {
    while (permits > 0 && free.length > 0) {
      permits--;
      if (ahead === undefined) gate.list(open(true).slot);
      else {
        const call = ahead;
        ahead = undefined;
        successors.clear(OPERATION);
        call.hasPermit = true;
        if (gate.openWord(call.slot) !== 0) gate.list(call.slot);
      }
    }
    if (ahead !== undefined || permits > 0 || free.length === 0) return;
    ahead = open(false);
    successors.set(OPERATION, ahead.slot);
  }

  function close(call: ModelCall): void {
    gate.close(call.slot);
    calls.delete(call.slot);
    free.push(call.slot);
  }

  function hear(which: number): void {
    const [call] = answers.splice(which % Math.max(1, answers.length), 1);
    if (call === undefined) return;
    // It may be heard of before its predecessor is.
    if (call === ahead) {
      ahead = undefined;
      successors.clear(OPERATION);
    } else if (!call.isGivenUp) permits++;
    close(call);
    ended++;
    giveOut();
  }

  /** What is laid out makes way for another call. */
  function replace(): void {
    if (ahead === undefined || !gate.recall(ahead.slot)) return;
    successors.clear(OPERATION);
    const call = ahead;
    ahead = undefined;
    close(call);
    made--;
    giveOut();
  }

  /** A call that runs gives its permit back, and runs on. */
  function giveUp(call: ModelCall | undefined): void {
    if (call === undefined || !call.hasPermit || call.isGivenUp || answers.includes(call)) return;
    call.isGivenUp = true;
    successors.follow(call.slot, false);
    permits++;
    giveOut();
  }

  /** @returns whether there was anything to do */
  function advance(lane: ModelLane): boolean {
    const { call } = lane;
    switch (lane.step) {
      case "idle": {
        let slot = board.take();
        let word = board.takenWord;
        if (slot < 0) [slot, word, lane.next] = [lane.next, lane.nextWord, -1];
        if (slot < 0 || !board.start(slot, word, lane.life)) return slot >= 0;
        lane.call = calls.get(slot)!;
        lane.call.isRunning = true;
        lane.step = "running";
        return true;
      }
      case "running":
        call!.isRunning = false;
        lane.step = "looks";
        return true;
      case "looks":
        lane.seen = theirs.after(call!.slot, OPERATION);
        lane.step = lane.seen < 0 ? "ends" : "reads";
        return true;
      case "reads":
        lane.word = board.openWord(lane.seen);
        lane.step = lane.word === 0 ? "ends" : "looks again";
        return true;
      case "looks again":
        if (theirs.after(call!.slot, OPERATION) === lane.seen) {
          [lane.next, lane.nextWord] = [lane.seen, lane.word];
        }
        lane.step = "ends";
        return true;
      case "ends":
        board.end(call!.slot, lane.life);
        lane.step = "answers";
        return true;
      case "answers":
        answers.push(call!);
        lane.call = undefined;
        lane.step = "idle";
        return true;
    }
  }

  function check(): void {
    const running = [...calls.values()].filter((it) => it.isRunning && !it.isGivenUp);
    assert(running.length <= limit, `${running.length} run at once, and ${limit} may`);
  }

  giveOut();
  for (const { kind, at } of steps) {
    if (kind === "lane") advance(lanes[at]!);
    else if (kind === "hear") hear(at);
    else if (kind === "replace") replace();
    else giveUp(lanes[at]!.call);
    check();
  }
  // Nothing is left for ever: lanes and gate go on, and every call there was comes to its end.
  const last = made;
  for (let round = 0; ended < last; round++) {
    assert(round < 1_000, `${ended} of ${last} calls have ended`);
    for (const lane of lanes) while (advance(lane));
    hear(0);
    check();
  }
}
