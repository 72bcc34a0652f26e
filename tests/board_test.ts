// The host side of the board, with lanes that are told what to do step by step.
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { CallBoard } from "../lib/bridge/call_board.ts";
import { ControlBlock } from "../lib/bridge/control_block.ts";
import type { Lane, LaneCall, LaneEvents, LaneLoss } from "../lib/bridge/contract.ts";
import {
  ANSWERS,
  INIT,
  type LaneInit,
  PROTOCOL,
  READY,
  SKIPPED,
  UP,
} from "../lib/bridge/protocol.ts";
import { CallStamps } from "../lib/bridge/call_stamps.ts";
import { type BellWaiter, type BoardMember, SharedBoard } from "../lib/lane/board.ts";
import { OperationNumbers } from "../lib/lane/operation_numbers.ts";
import { StrandedThreads } from "../lib/lane/stranded.ts";
import { threadLane } from "../lib/lane/thread.ts";
import type { WorkerEvents, WorkerHandle, WorkerStarter } from "../lib/runtime/adapter.ts";
import { RandomSource } from "../lib/runtime/random.ts";
import { VirtualClock } from "../lib/runtime/virtual_clock.ts";
import { SimulatedGate } from "./fixtures/simulated_gate.ts";

const SLOTS = 4;
/** The ring has room for so many numbers. */
const RING = 16;
const OPERATION = { url: "u:", name: "n" };

const noEvents: LaneEvents = {
  ready: () => {},
  returned: () => {},
  threw: () => {},
  unstartable: () => {},
  unsendable: () => {},
  late: () => {},
  called: () => {},
  unreadable: () => {},
  givenUp: () => {},
  hungry: () => {},
  roomy: () => {},
  expired: () => {},
  yielded: () => {},
  progressed: () => {},
  garbled: () => {},
  settled: () => {},
  retired: () => {},
  lost: () => {},
};

interface World {
  readonly board: SharedBoard;
  readonly clock: VirtualClock;
  readonly numbers: OperationNumbers;
  /** Waits for the bell that have not ended. */
  waits: number;
}

function makeWorld(events: LaneEvents = noEvents, slots: number = SLOTS): World {
  const clock = new VirtualClock(new RandomSource(1));
  const numbers = new OperationNumbers();
  const bell: BellWaiter = {
    wait(board: CallBoard, onBell: () => void): boolean {
      world.waits++;
      void board.bell()?.then(() => {
        world.waits--;
        onBell();
      });
      return true;
    },
  };
  const board = new SharedBoard({ clock, events, bell, numbers, slots, spinUs: 0 });
  const world: World = { board, clock, numbers, waits: 0 };
  return world;
}

function makeCall(id: number, args: readonly unknown[] = []): LaneCall {
  return {
    id,
    operation: OPERATION,
    isLimited: false,
    latestMs: Infinity,
    args,
    transfer: undefined,
    slot: -1,
  };
}

function makeMember(depth: number = 1): BoardMember & { wakes: number } {
  return {
    index: 0,
    stamps: CallStamps.allocate(512),
    mailed: 0,
    hasNoAnswers: true,
    wakes: 0,
    isAsleep: depth > 0,
    depth,
    collect: () => 0,
    settle: () => {},
    wake(): boolean {
      this.wakes++;
      return true;
    },
    watch: () => {},
  };
}

/** Posts a call and takes it back: its number stays in the ring. */
function churn(board: SharedBoard, times: number): void {
  for (let n = 0; n < times; n++) {
    const call = makeCall(100 + n);
    assert(board.room > 0, `no room after ${n} calls were taken back`);
    assert(board.post(call, false));
    assert(board.recall(call));
  }
}

test("the board is looked at ever more rarely while no calls come, and soon again when one does", () => {
  const { board, clock } = makeWorld();
  const member = makeMember();
  board.join(member);
  // Nobody takes it, so that each look wakes the lane.
  const looksUntil = (endMs: number): number[] => {
    const at: number[] = [];
    while (clock.nextMs <= endMs) {
      const before = member.wakes;
      clock.step();
      if (member.wakes > before) at.push(clock.now());
    }
    return at;
  };
  board.post(makeCall(1), false);
  board.flush();
  assertEquals(looksUntil(200), [10, 30, 70, 110, 150, 190]);
  board.post(makeCall(2), false);
  board.flush();
  assertEquals(looksUntil(300), [200, 220, 260, 300]);
});

test("a lane that goes to work for long hands on what is listed, if another sleeps, and the gate wakes that one", async () => {
  const { board } = makeWorld();
  const { memory } = board;
  const member = makeMember();
  board.join(member);
  assert(board.post(makeCall(1), false));
  assert(board.post(makeCall(2), false));
  board.flush();
  await undefined;
  const taken = memory.take();
  assert(memory.start(taken, memory.openWord(taken), 1));
  const before = member.wakes;
  // Nobody sleeps: there is nobody to wake.
  memory.callForHelp();
  assertEquals(memory.takeHelpCall(), 0);
  memory.countSleeper(1);
  memory.callForHelp();
  while (member.wakes === before) await new Promise((resolve) => setImmediate(resolve));
  assertEquals(memory.takeHelpCall(), 0, "a call for help is answered once");
  // With nothing listed there is no work for another.
  memory.take();
  memory.callForHelp();
  assertEquals(memory.takeHelpCall(), 0);
});

test("a call that was taken and handed back is listed anew, once for each call that is open", async () => {
  const { board } = makeWorld();
  const { memory } = board;
  const member = makeMember();
  board.join(member);
  for (let id = 1; id <= 3; id++) assert(board.post(makeCall(id), false));
  board.flush();
  await undefined;
  const slots = [memory.take(), memory.take()];
  assert(memory.start(slots[1]!, memory.openWord(slots[1]!), 1));
  const before = member.wakes;
  memory.handBack();
  while (member.wakes === before) await new Promise((resolve) => setImmediate(resolve));
  const listed = [memory.take(), memory.take(), memory.take()];
  assertEquals(listed.map((slot) => slot < 0 ? -1 : memory.tokenId(slot)), [1, 3, -1]);
  assertEquals(memory.takeHelpCall(), 0);
});

test("a single call wakes the lane that is woken soonest, and none when one is awake", () => {
  const { board } = makeWorld();
  const [looping, parked] = [makeMember(2), makeMember(1)];
  board.join(looping);
  board.join(parked);
  assert(board.post(makeCall(1), false));
  board.flush();
  assertEquals([looping.wakes, parked.wakes], [0, 1]);
  assert(board.memory.take() >= 0);
  // One that is awake is asked whether it will look, and no further one is woken.
  const awake = makeMember(0);
  board.join(awake);
  assert(board.post(makeCall(2), false));
  board.flush();
  assertEquals([looping.wakes, parked.wakes, awake.wakes], [0, 1, 1]);
});

test("calls that are done sooner than the program makes them keep one lane busy, however many; others wake more", () => {
  const { board } = makeWorld(noEvents, 512);
  const [first, second] = [makeMember(), makeMember()];
  board.join(first);
  board.join(second);
  const post = (count: number, runMs: number): void => {
    for (let n = 0; n < count; n++) {
      const call = makeCall(n);
      assert(board.post(call, false));
      board.noteRun(call.slot, runMs);
    }
    board.flush();
    assertEquals(board.recallAll().length, count);
  };
  post(1, 0.0002);
  post(400, 0.0002);
  assert(first.wakes > 0);
  assertEquals(second.wakes, 0);
  post(400, 0.01);
  assert(second.wakes > 0);
});

test("a lane that died parked keeps no other from parking", () => {
  const { board } = makeWorld();
  const life = board.join(makeMember());
  assert(board.memory.claimPark(life));
  board.leave(life);
  assert(board.memory.claimPark(board.join(makeMember())));
});

test("the sleepers are counted anew when a lane is lost, so that one that died asleep does not count for ever", () => {
  const { board } = makeWorld();
  const { memory } = board;
  const life = board.join(makeMember());
  memory.countSleeper(1);
  assert(board.post(makeCall(1), false));
  board.leave(life);
  assert(board.post(makeCall(2), false));
  memory.callForHelp();
  assertEquals(memory.takeHelpCall(), 0);
});

test("calls that were taken back leave room for others, though no lane has looked at the board", () => {
  const { board } = makeWorld();
  const { memory } = board;
  const member = makeMember();
  board.join(member);
  assert(board.post(makeCall(1), false));
  churn(board, RING - 3);
  assert(board.post(makeCall(2), false));
  churn(board, 1);
  board.flush();
  assertEquals(memory.hasRoom, false);
  const before = member.wakes;
  assertEquals([board.room, memory.listed], [2, 2]);
  board.flush();
  // For a moment the ring was empty, and a lane may have gone to sleep.
  assert(member.wakes > before, "nobody was woken for what was listed anew");
  const order: number[] = [];
  for (let slot = memory.take(); slot >= 0; slot = memory.take()) {
    const word = memory.openWord(slot);
    if (word !== 0 && memory.start(slot, word, 1)) order.push(memory.tokenId(slot));
  }
  assertEquals(order, [1, 2]);
  churn(board, 5 * RING);
  assertEquals([board.occupied, board.room], [2, 2]);
});

test("while a call runs for long the gate waits for one bell, however often it looks by itself", () => {
  const world = makeWorld();
  const life = world.board.join(makeMember());
  const call = makeCall(1);
  world.board.post(call, false);
  world.board.flush();
  const { memory } = world.board;
  assert(memory.start(memory.take(), memory.openWord(call.slot), life));
  for (let n = 0; n < 100; n++) assert(world.clock.step(), "the gate looks no more");
  assertEquals(world.waits, 1);
});

test("when the last lane has left, nobody waits for the bell any more", async () => {
  const world = makeWorld();
  const life = world.board.join(makeMember());
  const call = makeCall(1);
  world.board.post(call, false);
  world.board.flush();
  assertEquals(world.waits, 1);
  // The next look finds nothing that could be waited for, while the wait is still pending.
  assert(world.board.recall(call));
  while (world.clock.step());
  world.board.leave(life);
  const held = setInterval(() => {}, 1_000);
  for (let n = 0; n < 1_000 && world.waits > 0; n++) {
    await new Promise((done) => setTimeout(done, 0));
  }
  clearInterval(held);
  assertEquals(world.waits, 0);
});

test("the stamps of a call are those of the life that has claimed it, whoever stamps its slot besides", () => {
  const { board } = makeWorld();
  const { memory } = board;
  const [ghost, member] = [makeMember(), makeMember()];
  const [ghostLife, life] = [board.join(ghost), board.join(member)];
  const call = makeCall(1);
  board.post(call, false);
  const slot = memory.take();
  const word = memory.openWord(slot);
  ghost.stamps.start(slot, 1);
  assertEquals([board.isStarted(call), board.startedMs(call)], [false, NaN]);
  member.stamps.start(slot, 3);
  assert(memory.start(slot, word, life));
  assert(!memory.start(slot, word, ghostLife));
  ghost.stamps.start(slot, 2);
  ghost.stamps.end(slot, 4);
  memory.end(slot, ghostLife);
  assertEquals([board.startedMs(call), board.endedMs(call)], [3, NaN]);
  member.stamps.end(slot, 5);
  memory.end(slot, life);
  ghost.stamps.end(slot, 6);
  assertEquals([board.startedMs(call), board.endedMs(call)], [3, 5]);
});

interface StartedThread {
  readonly lane: Lane;
  /** What its worker tells. */
  readonly worker: WorkerEvents;
  /** Its number on the board. */
  readonly life: number;
  readonly init: LaneInit;
  readonly stranded: StrandedThreads;
  /** Whether its worker keeps the process alive. */
  readonly isHeld: () => boolean;
}

/** A thread lane that is ready, of a worker that does nothing. */
function startThread({ board, clock, numbers }: World, lost: LaneEvents["lost"]): StartedThread {
  let worker!: WorkerEvents;
  let init!: LaneInit;
  let isHeld = true;
  const stranded = new StrandedThreads(clock, () => {});
  const adapter: WorkerStarter = {
    stopsThreads: false,
    startWorker(_url, _settings, events): WorkerHandle {
      worker = events;
      return {
        post(message: unknown): void {
          if ((message as unknown[])[0] === INIT) init = (message as unknown[])[1] as LaneInit;
        },
        terminate: () => {},
        ref: () => void (isHeld = true),
        unref: () => void (isHeld = false),
      };
    },
  };
  const lane = threadLane(0, {
    adapter,
    clock,
    events: { ...noEvents, lost },
    stranded,
    numbers,
    nextBirth: () => 0,
    hasOthers: false,
    board,
    hasFrames: false,
    spinUs: 0,
    maxPayloadBytes: Infinity,
    entryUrl: "u:",
    settings: {},
    consolePrefix: undefined,
    startTimeoutMs: 1_000,
    capacity: 4,
  });
  lane.start();
  worker.message([UP]);
  worker.message([READY, PROTOCOL]);
  return { lane, worker, life: init.board!.life, init, stranded, isHeld: () => isHeld };
}

test("a thread that outlives its lane can start nothing once the loss is told", () => {
  const losses: LaneLoss[] = [];
  const world = makeWorld();
  const { memory } = world.board;
  const { worker, life } = startThread(world, (_lane, loss) => {
    losses.push(loss);
    assertEquals(
      memory.start(second, word, life),
      false,
      "a call was started that nobody would hear of",
    );
  });
  const calls = [makeCall(1), makeCall(2), makeCall(3)];
  for (const call of calls) world.board.post(call, false);
  const first = memory.take();
  assert(memory.start(first, memory.openWord(first), life));
  // The thread has read the word of the second call, and will claim it next.
  const second = memory.take();
  const word = memory.openWord(second);
  worker.exit(1);
  assertEquals(losses.length, 1);
  assertEquals([losses[0]!.started, losses[0]!.unstarted], [[calls[0]], [calls[1], calls[2]]]);
  assertEquals(world.board.occupied, 0);
});

test("a lane that was stopped while there was nothing to do keeps the process alive once there is, until it has ended", () => {
  const world = makeWorld();
  const { lane, isHeld, worker } = startThread(world, () => {});
  lane.hold(false);
  lane.stop();
  assertEquals([isHeld(), world.clock.isLoud], [false, false]);
  lane.hold(true);
  assertEquals([isHeld(), world.clock.isLoud], [true, true]);
  worker.exit(1);
  assertEquals([isHeld(), world.clock.isLoud], [false, false]);
});

test("a thread that was given up while it ended itself is not counted any more when it has told that", () => {
  const world = makeWorld();
  const { lane, worker, init, stranded } = startThread(world, () => {});
  const call = makeCall(1);
  lane.send(call);
  lane.flush();
  assert(new ControlBlock(init.control!).claim(call.slot, 0));
  lane.stop();
  while (world.clock.now() < 1_000 && stranded.count() === 0 && world.clock.step());
  assertEquals(stranded.count(), 1);
  worker.exit(3);
  assertEquals(stranded.count(), 0);
});

test("a call that a lane has skipped because it was told to stop is told with its loss", () => {
  const losses: LaneLoss[] = [];
  const { lane, worker } = startThread(makeWorld(), (_lane, loss) => void losses.push(loss));
  const calls = [makeCall(1), makeCall(2)];
  for (const call of calls) lane.send(call);
  lane.flush();
  // The answer is on its way while the gate stops the lane for another call.
  lane.stop();
  worker.message([ANSWERS, ~calls[0]!.slot, SKIPPED, undefined]);
  worker.exit(1);
  assertEquals(losses.map(({ started, unstarted }) => [started, unstarted]), [[[], calls]]);
});

test("a call that cannot be run and is given up meanwhile costs no lane", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new SimulatedGate({ seed, lanes: 1, hasBoard: true, graceMs: 20, latencyMs: 5 });
    const token = world.call({ outcome: "unstartable" });
    await world.until(() => token.isSettled || world.board!.isStarted(token));
    token.cancel();
    await world.settle(() => world.recount());
    const next = world.call();
    await world.until(() => world.board!.isStarted(next));
    assertEquals([world.replaced, world.lanes[0]!.starts], [[], 1], `seed ${seed}`);
    await Promise.all([world.engine.close(true, Infinity), world.settle(() => world.recount())]);
    assertEquals(next.state, "completed");
  }
});
