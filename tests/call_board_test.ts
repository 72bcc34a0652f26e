// The call board in one thread: gate and lanes take turns at every step, and a model says what may come of it.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CallBoard } from "../lib/bridge/call_board.ts";

// More by TOKENGATE_RING_CASES=100000.
const cases = Number(process.env.TOKENGATE_RING_CASES ?? 3_000);
const SLOTS = 4;
/** A ring has room for so many numbers: four rounds of all slots. */
const RING = 16;
/** Words of the header of the board's memory: see `call_board.ts`. */
const HEAD = 0;
const TAIL = 32;

/** A board whose counts have run on to `count` already, as they do in a gate that has lived for long. */
function boardAt(count: number): { gate: CallBoard; lane: CallBoard } {
  const { memory } = CallBoard.allocate(SLOTS);
  const words = new Int32Array(memory);
  words[HEAD] = words[TAIL] = count;
  return { gate: new CallBoard(memory, SLOTS), lane: new CallBoard(memory, SLOTS) };
}

function post(
  gate: CallBoard,
  slot: number,
  generation: number,
  operation: number,
  tokenId: number,
  argumentBytes: number,
): void {
  gate.open(slot, generation, operation, tokenId, argumentBytes, Infinity);
  gate.list(slot);
}

test("what the gate posts is what a lane takes, in the order of posting", () => {
  const { gate, lane } = boardAt(0);
  post(gate, 2, 0, 7, 1e12 + 1, 24);
  post(gate, 0, 0, ~8, 2, -300);
  assertEquals([gate.listed, lane.isEmpty], [2, false]);
  assertEquals(lane.take(), 2);
  assertEquals([lane.operation(2), lane.tokenId(2), lane.argumentBytes(2)], [7, 1e12 + 1, 24]);
  assertEquals(lane.argumentsStart(2), gate.inlineStart(2));
  assertEquals(lane.take(), 0);
  assertEquals([lane.operation(0), lane.tokenId(0), lane.argumentBytes(0)], [~8, 2, 300]);
  assertEquals(lane.argumentsStart(0), gate.cellStart(0));
  assertEquals([lane.take(), lane.isEmpty], [-1, true]);
});

test("the pieces for arguments overlap neither each other nor anything else", () => {
  const { gate } = boardAt(0);
  const pieces: [number, number][] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    pieces.push([gate.inlineStart(slot), gate.inlineEnd(slot)]);
    pieces.push([gate.cellStart(slot), gate.cellEnd(slot)]);
  }
  const bytes = new Uint8Array(gate.memory);
  for (const [start, end] of pieces) {
    assert(end <= bytes.length && start % 8 === 0 && end > start);
    assert(bytes.subarray(start, end).every((byte) => byte === 0), "two pieces overlap");
    bytes.fill(0xff, start, end);
  }
  // With all of them full, the board is as it was.
  assertEquals([gate.listed, gate.take()], [0, -1]);
  for (let slot = 0; slot < SLOTS; slot++) {
    assertEquals([gate.startedBy(slot), gate.openWord(slot), gate.isAborted(slot)], [-1, 0, false]);
    post(gate, slot, 0, slot, slot, 8);
  }
  for (const [start, end] of pieces) {
    assert(bytes.subarray(start, end).every((byte) => byte === 0xff), "posting wrote into a piece");
  }
});

test("a call is started and ended by the life that has the claim, and by no other", () => {
  const { gate, lane } = boardAt(0);
  post(gate, 1, 0, 0, 0, 8);
  const word = lane.openWord(1);
  assertEquals([gate.startedBy(1), gate.hasEnded(1)], [-1, false]);
  assert(lane.start(1, word, 9));
  assertEquals([gate.startedBy(1), gate.hasEnded(1), gate.recall(1)], [9, false, false]);
  lane.end(1, 8);
  assertEquals(gate.hasEnded(1), false, "another life has ended the call");
  lane.end(1, 9);
  assertEquals([gate.startedBy(1), gate.hasEnded(1)], [9, true]);
  lane.end(1, 8);
  assertEquals([gate.startedBy(1), gate.hasEnded(1)], [9, true]);
  gate.close(1);
  post(gate, 1, 1, 0, 0, 8);
  lane.end(1, 9);
  assertEquals([gate.startedBy(1), gate.hasEnded(1), lane.openWord(1) !== 0], [-1, false, true]);
});

test("a lane that has read the word of a call cannot start a later call of that slot", () => {
  const { gate, lane } = boardAt(0);
  post(gate, 3, 0, 0, 0, 8);
  assertEquals(lane.take(), 3);
  const word = lane.openWord(3);
  assert(gate.recall(3));
  assertEquals(gate.recall(3), false);
  assertEquals([lane.openWord(3), lane.start(3, word, 1)], [0, false]);
  post(gate, 3, 1, 0, 0, 8);
  assertEquals(lane.start(3, word, 1), false, "an old word has started a new call");
  assert(lane.start(3, lane.openWord(3), 1));
});

test("generations may go on for ever", () => {
  const { gate, lane } = boardAt(0);
  for (const generation of [2 ** 29 - 1, 2 ** 29, 2 ** 31 - 1, -(2 ** 31)]) {
    post(gate, 0, generation, 0, 0, 8);
    assertEquals(lane.take(), 0);
    const word = lane.openWord(0);
    assert(word !== 0, `generation ${generation} is not open`);
    assertEquals(gate.startedBy(0), -1);
    assert(lane.start(0, word, 2 ** 30 - 1));
    assertEquals(gate.startedBy(0), 2 ** 30 - 1);
    gate.close(0);
  }
});

test("an abort flag is raised for one call and lowered for the next of its slot", () => {
  const { gate, lane } = boardAt(0);
  post(gate, 0, 0, 0, 0, 8);
  post(gate, 1, 0, 0, 0, 8);
  gate.abort(0);
  assertEquals([lane.isAborted(0), lane.isAborted(1)], [true, false]);
  gate.close(0);
  post(gate, 0, 1, 0, 0, 8);
  assertEquals(lane.isAborted(0), false);
});

test("one lane parks at a time, and another one may when that has woken or died", () => {
  const { gate, lane } = boardAt(0);
  assertEquals([lane.claimPark(1), lane.claimPark(2)], [true, false]);
  lane.releasePark(2);
  assertEquals(lane.claimPark(3), false, "who does not park gives nothing free");
  gate.releasePark(1);
  assertEquals([lane.claimPark(2), lane.claimPark(1)], [true, false]);
});

test("numbers of recalled calls fill the ring, which says so, until they are taken", () => {
  for (const count of [0, 2 ** 31 - 7, -5]) {
    const { gate, lane } = boardAt(count);
    for (let n = 0; n < RING; n++) {
      assert(gate.hasRoom, `no room after ${n}`);
      post(gate, n % SLOTS, n, 0, n, 8);
      assertEquals(gate.listed, n + 1);
      if (n < RING - 1) assert(gate.recall(n % SLOTS));
    }
    assertEquals(gate.hasRoom, false);
    // The only open call is the last: what the others have left is passed over, that of the same slot too.
    assertEquals(lane.take(), (RING - 1) % SLOTS);
    assertEquals(lane.takenWord, lane.openWord((RING - 1) % SLOTS));
    assertEquals([gate.hasRoom, gate.listed, lane.take()], [true, 0, -1]);
  }
});

test("the bell rings for one who waits, and is not armed after it has rung", async () => {
  const { gate, lane } = boardAt(0);
  gate.silenceBell();
  assert(gate.armBell());
  const bell = gate.bell()!;
  assert(bell !== undefined);
  lane.ringBell();
  // A pending waitAsync holds no event loop open.
  const held = setInterval(() => {}, 1_000);
  await bell;
  clearInterval(held);
  assert(gate.hasRung);
  assertEquals([gate.armBell(), gate.bell()], [false, undefined]);
  gate.silenceBell();
  assertEquals(gate.hasRung, false);
  assert(gate.armBell());
  // Between the arming and the wait.
  lane.ringBell();
  assertEquals(gate.bell(), undefined);
});

/** One call as the model sees it. */
interface ModelCall {
  readonly id: number;
  state: "open" | "recalled" | "started" | "ended" | "closed";
  starts: number;
}

/** A lane between two of its steps. */
interface Consumer {
  life: number;
  slot: number;
  word: number;
  /** The claim word that came with the slot. */
  taken: number;
  id: number;
  call: ModelCall | undefined;
}

const CONSUMERS = 3;
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("post" as const), at: fc.nat(SLOTS - 1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("recall" as const), at: fc.nat(SLOTS - 1) }),
  },
  {
    weight: 14,
    arbitrary: fc.record({ kind: fc.constant("lane" as const), at: fc.nat(CONSUMERS - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("die" as const), at: fc.nat(CONSUMERS) }) },
);

test("in every order of steps each call starts once at most, a recalled one never, and none is forgotten", () => {
  const counts = fc.constantFrom(0, 2 ** 31 - 3, -3);
  fc.assert(
    fc.property(counts, fc.array(step, { maxLength: 120 }), (count, steps) => {
      const { gate, lane } = boardAt(count);
      const calls: (ModelCall | undefined)[] = new Array(SLOTS).fill(undefined);
      const generations = new Array(SLOTS).fill(0);
      const ghosts: Consumer[] = [];
      let nextLife = 1;
      let made = 0;
      const ring: ModelCall[] = [];
      const born = (): Consumer => ({
        life: nextLife++,
        slot: -1,
        word: 0,
        taken: 0,
        id: -1,
        call: undefined,
      });
      const consumers = Array.from({ length: CONSUMERS }, born);

      /** One step of a lane: take, read, claim, end, answer. @returns whether there was anything to do */
      function advance(it: Consumer, isGhost: boolean): boolean {
        if (it.call !== undefined) {
          if (it.call.state === "started") {
            lane.end(it.slot, it.life);
            it.call.state = "ended";
            return true;
          }
          // A dead lane's answer is read by nobody.
          if (!isGhost) {
            gate.close(it.slot);
            it.call.state = "closed";
            calls[it.slot] = undefined;
          }
          it.call = undefined;
          it.slot = -1;
          return true;
        }
        if (it.slot < 0) {
          if (isGhost) return false;
          assertEquals(lane.isEmpty, ring.length === 0);
          let next = ring.shift();
          // A call that was recalled is not open any more, and one that is run has been taken.
          while (next !== undefined && next.state !== "open") next = ring.shift();
          it.slot = lane.take();
          assertEquals(it.slot, next === undefined ? -1 : calls.indexOf(next));
          it.word = 0;
          it.taken = lane.takenWord;
          return it.slot >= 0;
        }
        const open = calls[it.slot];
        if (it.word === 0) {
          // It looks whether it was stopped right before it claims: only a word that it has read before can be tried.
          if (isGhost) return false;
          const isOpen = lane.openWord(it.slot) === it.taken;
          assert(!isOpen || open?.state === "open");
          it.word = isOpen ? it.taken : 0;
          if (it.word === 0) it.slot = -1;
          it.id = it.slot < 0 ? -1 : lane.tokenId(it.slot);
          return true;
        }
        if (lane.start(it.slot, it.word, it.life)) {
          assert(open !== undefined && open.state === "open", "a call started that was not open");
          assertEquals(open.id, it.id, "a call started with the arguments of another");
          open.starts++;
          open.state = "started";
          it.call = open;
        } else {
          assert(open?.state !== "open" || open.id !== it.id, "an open call could not be started");
          it.slot = -1;
        }
        return true;
      }

      function die(index: number): void {
        const dead = consumers[index]!;
        consumers[index] = born();
        for (let slot = 0; slot < SLOTS; slot++) {
          const call = calls[slot];
          if (gate.recall(slot)) {
            assertEquals(call?.state, "open");
            call!.state = "recalled";
            calls[slot] = undefined;
          } else if (gate.startedBy(slot) === dead.life) {
            assertEquals(call, dead.call);
            gate.close(slot);
            calls[slot] = undefined;
          }
        }
        ghosts.push(dead);
      }

      function check(): void {
        assertEquals(gate.listed, ring.length);
        assertEquals(gate.hasRoom, ring.length < RING);
        for (let slot = 0; slot < SLOTS; slot++) {
          const call = calls[slot];
          const starter = consumers.find((it) => it.call !== undefined && it.slot === slot);
          assertEquals(gate.startedBy(slot), starter === undefined ? -1 : starter.life);
          assertEquals(gate.openWord(slot) !== 0, call?.state === "open");
          assertEquals(gate.hasEnded(slot), call?.state === "ended");
          assert((call?.starts ?? 0) <= 1);
        }
      }

      for (const { kind, at } of steps) {
        if (kind === "lane") advance(consumers[at]!, false);
        else if (kind === "die" && at < CONSUMERS) die(at);
        // The dead go on while the others do: they are asked after each of their steps too.
        else if (kind === "die") { for (const ghost of ghosts) advance(ghost, true); }
        else if (kind === "recall") {
          const isOpen = calls[at]?.state === "open";
          assertEquals(gate.recall(at), isOpen);
          if (isOpen) {
            calls[at]!.state = "recalled";
            calls[at] = undefined;
          }
        } else if (calls[at] === undefined && gate.hasRoom) {
          calls[at] = { id: made, state: "open", starts: 0 };
          post(gate, at, generations[at]++, 0, made++, 8);
          ring.push(calls[at]!);
        }
        check();
      }
      // The living come to the end of what there is, whatever the dead do in between.
      for (let goesOn = true; goesOn;) {
        goesOn = false;
        for (const it of consumers) goesOn = advance(it, false) || goesOn;
        for (const ghost of ghosts) advance(ghost, true);
        check();
      }
      assertEquals(calls, new Array(SLOTS).fill(undefined), "a call is left on the board");
      assertEquals(ring, []);
    }),
    { numRuns: cases },
  );
});
