/**
 * The lane itself: takes calls from its mailbox and from the board, runs them one at a time, answers.
 *
 * Calls of the mailbox wait in one flat array, as they came in the message, those of the board where they are; and a call that is synchronous leaves
 * no object behind but its context.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { streamedElsewhere } from "../lib/bridge/cloneable.ts";
import { ControlBlock } from "../lib/bridge/control_block.ts";
import { encodeThrown } from "../lib/bridge/thrown.ts";
import { FrameReader } from "../lib/bridge/frames.ts";
import { decodeError, encodeError } from "../lib/bridge/error_codec.ts";
import {
  ABORT,
  CALL_FIELDS,
  CALLS,
  CHILD_ANSWERS,
  CHILD_BACK,
  CHILD_CALL,
  CRASH,
  CREDIT,
  DISPOSABLE,
  DISPOSING,
  EXPIRED,
  FETCH,
  FORGET,
  HUNGRY,
  INIT,
  ITEMS,
  KEPT,
  type LaneInit,
  LOAD,
  LOADED,
  OPERATION,
  type OperationInit,
  PROTOCOL,
  READY,
  RETIRE,
  RETIRED,
  RETURNED,
  ROOMY,
  SKIPPED,
  THREW,
  UNSTARTABLE,
  UP,
} from "../lib/bridge/protocol.ts";
import { type AnyGenerator, isGenerator } from "../lib/bridge/generators.ts";
import { isThenable } from "../lib/bridge/thenable.ts";
import { Answers } from "./answers.ts";
import { Children } from "./children.ts";
import { installLaneConsole } from "./console.ts";
import { CallContext, onProgress } from "./context.ts";
import { InFlight } from "./in_flight.ts";
import { HeapMeter } from "./heap_meter.ts";
import { KeptValues } from "./kept_values.ts";
import { disposeModules, whenDisposable } from "./lifecycle.ts";
import { isRefusal, type LaneOperation, load, newOperation } from "./loader.ts";
import { mark } from "./mark.ts";
import { learn } from "./operation_cost.ts";
import { Outbox } from "./outbox.ts";
import { beforeExit, hasEndedItself, type LanePort, onCrash, type OpenPort } from "./port.ts";
import { PostedCalls } from "./posted_calls.ts";
import { ProgressSender } from "./progress.ts";
import { SentValues } from "./sent_values.ts";
import { Streams } from "./streams.ts";

/** An operation that stays below this may run before the answers of the calls before it are told, in ms. */
const QUICK_MS = 1;
/** An operation that stays below this may run while the gate counts on this lane for more, in ms. */
const BRISK_MS = 0.05;
/** How long the lane works before its event loop has a turn, in ms. */
const TURN_MS = 10;
/** How long it is parked before its event loop has a turn, in ms. */
const SLICE_MS = 5;
/** How long it has had no work when it parks no more, in ms. */
const DROWSY_MS = 1_000;

const originMs = performance.timeOrigin;

/** One lane in its own isolate. */
export class LaneCore {
  readonly #port: LanePort;
  readonly #outbox: Outbox;
  readonly #answers: Answers;
  readonly #operations: LaneOperation[] = [];
  readonly #onTurn: () => void;
  readonly #onLook: () => void;
  #control: ControlBlock | undefined;
  #posted: PostedCalls | undefined;
  #meter: HeapMeter | undefined;
  #queue: unknown[] = [];
  #head = 0;
  /** Whether a call of the mailbox was run since one of the board was. */
  #isBoardsTurn = false;
  /** Slot of a call that was taken from the board and cannot be started before a message is read, or a module loaded; or -1. */
  #hand = -1;
  /** Whether a module loads or an asynchronous call is in flight. */
  #isBusy = false;
  /** Whether the call that runs was expected to take long, as the gate was told. */
  #isLong = false;
  #isTurnPlanned = false;
  #messages = 0;
  /** The last message that the event loop has had a turn for. */
  #awaitedMessage = 0;
  /** Time for the dispose hooks, in ms, once the lane is to end when it has finished what it has. */
  #disposeTimeoutMs: number | undefined;
  #running: CallContext | undefined;
  readonly #inFlight: InFlight = new InFlight();
  #children: Children | undefined;
  /** Children that run here beside what waits for such calls, and go on asynchronously. */
  readonly #beside: Set<CallContext> = new Set();
  /** Whether the gate knows that this lane may run one, and whether that is to be looked at. */
  #isHungry = false;
  /** Whether the gate was told that this lane takes no calls meanwhile. */
  #isToldFull = false;
  #isLookPlanned = false;
  /** Modules are loaded one after the other. */
  #loads: Promise<void> = Promise.resolve();
  readonly #items: SentValues;
  readonly #kept: KeptValues;
  readonly #streams: Streams;
  #progress: ProgressSender | undefined;
  /** When the event loop had its last turn, and when the last call ended, in ms since the epoch. */
  #turnMs = 0;
  #workedMs = 0;

  /** @param open opens the way to the gate */
  constructor(open: OpenPort) {
    this.#onLook = () => this.#look();
    this.#onTurn = () => {
      this.#isTurnPlanned = false;
      this.#turnMs = originMs + performance.now();
      this.#work();
    };
    this.#port = open((message) => this.#receive(message), [UP]);
    this.#outbox = new Outbox(this.#port);
    this.#answers = new Answers(this.#outbox);
    this.#items = new SentValues(this.#port, ITEMS);
    this.#kept = new KeptValues(this.#port);
    this.#streams = new Streams(this.#items, this.#inFlight, () => this.#goOnBeside());
    onCrash((error) => this.#crash(error));
    beforeExit(() => this.#tell());
    whenDisposable(() => {
      // In shared memory too, where answers overtake messages: a gate that closes after the first answer is to know.
      this.#control!.noteHooks();
      this.#port.post([DISPOSABLE]);
    });
  }

  #receive(data: unknown): void {
    this.#messages++;
    if (!this.#isBusy && this.#control !== undefined) this.#wakeUp();
    this.#turnMs = originMs + performance.now();
    if (data instanceof ArrayBuffer) {
      this.#receiveFrame(new FrameReader(data));
      return this.#work();
    }
    const message = data as unknown[];
    switch (message[0]) {
      case CALLS:
        this.#dropTaken();
        for (let i = 1; i < message.length; i++) this.#queue.push(message[i]);
        break;
      case OPERATION:
        this.#operations[message[1] as number] = newOperation(message[2] as OperationInit);
        break;
      case ABORT:
        this.#abort(message[1] as number, message[2] as number, message[3]);
        break;
      case CHILD_CALL:
        this.#isHungry = false;
        this.#runChild(message);
        break;
      case CHILD_ANSWERS:
      case CHILD_BACK:
        this.#children!.receive(message);
        break;
      case CREDIT:
        this.#streams.grant(message[1] as number, message[2] as number);
        break;
      case FETCH:
        this.#kept.send(message.slice(1) as number[]);
        break;
      case FORGET:
        this.#kept.forget(message.slice(1) as number[]);
        break;
      case LOAD:
        return void this.#preload(message[1] as number);
      case RETIRE:
        this.#disposeTimeoutMs = message[1] as number;
        break;
      case INIT:
        return void this.#init(message[1] as LaneInit);
    }
    this.#work();
  }

  #receiveFrame(frame: FrameReader): void {
    this.#dropTaken();
    while (frame.next()) this.#queue.push(frame.first, frame.second, frame.id, frame.list());
  }

  async #init(init: LaneInit): Promise<void> {
    mark.lane = init.lane;
    this.#isBusy = true;
    // A gate of another protocol reads the answer and says so; nothing else is understood.
    if (init.protocol === PROTOCOL) {
      this.#control = this.#port.control ?? new ControlBlock(init.control!);
      this.#meter = new HeapMeter(this.#control);
      this.#answers.maxPayloadBytes = this.#items.maxPayloadBytes = init.maxPayloadBytes;
      this.#kept.limit(init.maxPayloadBytes);
      const progress = this.#progress = new ProgressSender(this.#port, this.#control);
      onProgress((context, value) => progress.report(context, value));
      const onGiven = (): void => this.#lookAgain();
      mark.children = this.#children = new Children(init, this.#control, this.#port, onGiven);
      if (init.board === undefined) this.#outbox.useFrames(this.#port.control !== undefined);
      else {
        this.#posted = new PostedCalls(init.board, this.#control);
        this.#answers.posted = this.#posted;
      }
      // Before the first call can come: what it prints is to be in order too.
      await installLaneConsole(
        init.consolePrefix === undefined ? {} : { prefix: init.consolePrefix },
      );
    }
    this.#port.post([READY, PROTOCOL]);
    this.#isBusy = false;
    this.#workedMs = originMs + performance.now();
    if (this.#control !== undefined) this.#giveWay();
  }

  #abort(tokenId: number, serial: number, reason: unknown): void {
    this.#control!.acknowledgeAbort(serial);
    // The call may have ended, and another be running, while the message was on its way.
    if (this.#running?.tokenId === tokenId && this.#running.aborted) {
      return this.#running.abort(decodeError(reason));
    }
    for (const context of this.#beside) {
      if (context.tokenId === tokenId && context.aborted && !context.wasTold) {
        return context.abort(decodeError(reason));
      }
    }
    if (this.#inFlight.size === 0) return;
    this.#inFlight.abort(tokenId, () => decodeError(reason));
    this.#streams.stop(tokenId);
    if (!this.#inFlight.isOpen && !this.#isBusy) this.#goToWork();
  }

  /** Under asynchronous work the queue may never be empty: what was taken from it goes when it is the greater part. */
  #dropTaken(): void {
    if (this.#head * 2 <= this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }

  // The loop.

  /** Runs calls until there are none, one goes on asynchronously, or the event loop is to have its turn. */
  #work(): void {
    // What began in a worker that has ended itself would be lost with it, though it need not be.
    if (this.#isBusy || this.#isTurnPlanned || hasEndedItself()) return;
    if (!this.#inFlight.isOpen) return this.#goToWork();
    for (;;) {
      const hasMail = this.#head < this.#queue.length;
      // By turns: calls that only this lane can run would otherwise hold up those of the board for as long as they come.
      if (!hasMail && this.#isMailComing()) return this.#giveWay();
      // What it has in hand is nowhere else: behind a call that never ends it would wait for ever, beside lanes that have nothing to do.
      const isMailsTurn = hasMail && !this.#isBoardsTurn && this.#hand < 0;
      const slot = isMailsTurn ? -1 : this.#takePosted(hasMail);
      if (slot >= 0) {
        this.#isBoardsTurn = false;
        if (!this.#runPosted(slot)) return;
      } else if (hasMail) {
        this.#isBoardsTurn = true;
        if (!this.#runMail()) return;
      } else {
        this.#queue.length = 0;
        this.#head = 0;
        if (this.#disposeTimeoutMs !== undefined && !this.#hasPending) {
          return this.#leave(this.#disposeTimeoutMs);
        }
        if (!this.#rest()) return;
      }
      if (this.#workedMs - this.#turnMs > TURN_MS) return this.#giveWay();
    }
  }

  /** Lets the event loop have a turn, and goes on. */
  #giveWay(): void {
    this.#tell();
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    setImmediate(this.#onTurn);
  }

  /** Whether something goes on asynchronously beside what this lane takes. */
  get #hasPending(): boolean {
    return this.#inFlight.size > 0 || this.#beside.size > 0;
  }

  /** Tells the gate all that is done. */
  #tell(): void {
    this.#meter?.look();
    this.#control?.tellChildren();
    this.#outbox.flush();
    this.#posted?.ring();
  }

  /** From now on the gate counts on this lane again. */
  #wakeUp(): void {
    this.#control!.parking.run();
    this.#posted?.noteAsleep(false);
  }

  /** What this lane is going to do may take long: from now on nobody counts on it, and what it was to look at is for others. */
  #goToWork(): void {
    this.#control!.parking.work();
    this.#posted?.handOn();
  }

  /** Whether a message is on its way that was not waited for yet: what it brings may be for this lane only, and what is on the board is not. */
  #isMailComing(): boolean {
    const count = this.#control!.messageCount;
    if (this.#messages >= count || this.#awaitedMessage === count) return false;
    this.#awaitedMessage = count;
    return true;
  }

  #takePosted(hasMail: boolean): number {
    const hand = this.#hand;
    if (hand < 0) {
      const slot = this.#posted?.take() ?? -1;
      return slot < 0 && !hasMail ? this.#takeNext() : slot;
    }
    this.#hand = -1;
    this.#control!.setHand(false);
    // The gate lists it anew.
    return this.#disposeTimeoutMs === undefined ? hand : -1;
  }

  /** With nothing else to do it goes on with the successor of what it has done, of which the gate is to hear, so that it lays out another one. */
  #takeNext(): number {
    const slot = this.#posted?.takeNext() ?? -1;
    if (slot >= 0) this.#tell();
    return slot;
  }

  #keepInHand(slot: number): void {
    this.#hand = slot;
    this.#goToWork();
    this.#control!.setHand(true);
  }

  /** Nothing is left to do. @returns whether there is again; otherwise the event loop is to have a turn, or to wait for messages */
  #rest(): boolean {
    this.#tell();
    const posted = this.#posted;
    // Calls come by message only, and wake the event loop by themselves.
    if (posted === undefined) return false;
    const { parking } = this.#control!;
    const hasMail = this.#messages < this.#control!.messageCount;
    // What is in flight needs the event loop.
    const isAwaited = hasMail || this.#hasPending || this.#control!.isStopped;
    if (!isAwaited && posted.linger()) return true;
    const isDrowsy = originMs + performance.now() - this.#workedMs > DROWSY_MS;
    if (isAwaited || isDrowsy || !this.#port.parks || !posted.claimPark()) {
      posted.noteAsleep(true);
      parking.prepareToLoop();
      // The second look: what was listed before it may have found this lane awake.
      if (posted.isEmpty || this.#control!.isStopped) return false;
      this.#wakeUp();
      return true;
    }
    posted.noteAsleep(true);
    parking.prepareToPark();
    if (posted.isEmpty && this.#messages >= this.#control!.messageCount) {
      // Woken without a call on the board, it is for a message.
      const wasWoken = parking.wait(SLICE_MS);
      posted.noteAsleep(false);
      if (wasWoken && !posted.isEmpty) return true;
    } else this.#wakeUp();
    if (!posted.isEmpty) return true;
    this.#giveWay();
    return false;
  }

  /** Everything is done that a retired lane had to do: it takes leave, and waits for its end. */
  #leave(disposeTimeoutMs: number): void {
    this.#isBusy = true;
    this.#control!.parking.work();
    this.#tell();
    this.#kept.handOver();
    this.#port.post([DISPOSING]);
    void disposeModules(disposeTimeoutMs).then((failures) => {
      this.#tell();
      this.#port.post([RETIRED, failures.map((failure) => encodeError(failure))]);
    });
  }

  // Calls.

  /** Runs the next call of the mailbox. @returns false when the lane is to go on later */
  #runMail(): boolean {
    const queue = this.#queue;
    const at = this.#head;
    const number = queue[at + 1] as number;
    const operation = this.#operations[number < 0 ? ~number : number]!;
    if (isUnloaded(operation)) return this.#loadThenGoOn(operation);
    this.#head += CALL_FIELDS;
    const slot = queue[at] as number;
    const args = queue[at + 3] as unknown[];
    queue[at + 3] = undefined;
    const nowMs = this.#nowBefore(operation, number < 0);
    if (operation.fn === undefined) {
      this.#answers.answer(operation.name, ~slot, UNSTARTABLE, takeFailure(operation), nowMs);
      return true;
    }
    const control = this.#control!;
    if (nowMs > control.latestMs(slot)) {
      this.#outbox.add(~slot, EXPIRED, undefined, operation.name, nowMs);
      return true;
    }
    if (!control.claim(slot, nowMs)) {
      this.#outbox.add(~slot, SKIPPED, undefined, operation.name, nowMs);
      return true;
    }
    const context = new CallContext(queue[at + 2] as number, mark.lane, slot, control, operation);
    return this.#run(operation, ~slot, context, args, nowMs);
  }

  /** Runs a call taken from the board. @returns false when the lane is to go on later */
  #runPosted(slot: number): boolean {
    const posted = this.#posted!;
    const word = posted.openWord(slot);
    if (word === 0) return true;
    const number = posted.operation(slot);
    const operation = this.#operations[number < 0 ? ~number : number];
    if (operation === undefined) {
      // What it is was told by a message that this lane has not read yet.
      this.#keepInHand(slot);
      this.#tell();
      return false;
    }
    if (isUnloaded(operation)) {
      this.#keepInHand(slot);
      return this.#loadThenGoOn(operation);
    }
    if (operation.fn === undefined) {
      const nowMs = originMs + performance.now();
      if (!posted.refuse(slot, word, nowMs)) return true;
      this.#answers.answer(operation.name, slot, UNSTARTABLE, takeFailure(operation), nowMs);
      return true;
    }
    let args: unknown[];
    try {
      args = posted.args(slot);
    } catch (error) {
      // A call that was recalled has nothing to read any more, and then this does not claim it.
      const nowMs = originMs + performance.now();
      if (!posted.refuse(slot, word, nowMs)) return true;
      this.#answers.answer(operation.name, slot, UNSTARTABLE, encodeError(error), nowMs);
      return true;
    }
    const tokenId = posted.tokenId(slot);
    const latestMs = posted.latestMs(slot);
    const nowMs = this.#nowBefore(operation, number < 0);
    if (nowMs > latestMs) {
      if (posted.refuse(slot, word, nowMs)) {
        this.#answers.answer(operation.name, slot, EXPIRED, undefined, nowMs);
      }
      return true;
    }
    if (!posted.start(slot, word, nowMs)) return true;
    const context = new CallContext(tokenId, mark.lane, slot, posted, operation);
    return this.#run(operation, slot, context, args, nowMs);
  }

  /**
   * The time, after the gate was told what is done if this operation may take long. Answers in shared memory are safe, and the gate looks
   * there by itself, so for them the mean decides. Those that wait in a message do not outlive the lane: for them a single slow run does, and
   * longer for calls that may be stopped with their lane.
   */
  #nowBefore(operation: LaneOperation, isLimited: boolean): number {
    const slowestMs = isLimited ? operation.limitedSlowestMs : operation.slowestMs;
    // A process that is stopped takes with it what it has not written.
    if (slowestMs > QUICK_MS || (isLimited && this.#posted === undefined)) this.#outbox.flush();
    const { meanMs } = operation;
    if (meanMs > BRISK_MS) {
      this.#isLong = true;
      this.#goToWork();
      if (meanMs > QUICK_MS) this.#posted?.ring();
    }
    return originMs + performance.now();
  }

  /** Runs one call; false when it goes on asynchronously. */
  #run(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    args: unknown[],
    startedMs: number,
  ): boolean {
    this.#running = context;
    let outcome = RETURNED;
    let value: unknown;
    if (operation.isChild) args = context.adopt(args);
    try {
      if (operation.borrows) args = this.#kept.fill(args, operation.isPacked);
      value = mark.run(context, operation.fn!, args);
      if (isGenerator(value)) {
        if (operation.isChild) throw streamedElsewhere(operation.name);
        return this.#stream(operation, tag, context, startedMs, value);
      }
      if (isThenable(value)) {
        mark.goesOn(context);
        if (operation.perLane > 1) return this.#overlap(operation, tag, context, startedMs, value);
        this.#finishLater(operation, tag, context, startedMs, value);
        return false;
      }
    } catch (error) {
      outcome = THREW;
      value = encodeThrown(error);
    }
    this.#finish(operation, tag, context, startedMs, outcome, value);
    return true;
  }

  #finish(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    startedMs: number,
    outcome: number,
    value: unknown,
  ): void {
    const endedMs = originMs + performance.now();
    this.#workedMs = endedMs;
    context.end();
    if (this.#running === context) {
      this.#running = undefined;
      this.#endLong();
    }
    if (tag >= 0) this.#posted!.end(tag, endedMs);
    else this.#control!.end(~tag, endedMs);
    learn(operation, endedMs - startedMs);
    if (this.#children!.outside > 0 || this.#isToldFull) this.#lookAgain();
    const isStream = this.#streams.leave(context);
    const isLast = this.#progress!.end(context) || isStream;
    // The calls of a lane that is stopped are told so, and what they give then may be half of a result; and it may be an error of the end in a worker that has
    // ended itself. They are lost with the lane.
    if (this.#control!.isStopped || hasEndedItself()) return;
    if (outcome === RETURNED && operation.keeps && !isStream && KeptValues.takes(value)) {
      [outcome, value] = [KEPT, this.#kept.keep(operation.name, value)];
    }
    this.#answers.finished(operation.name, tag, outcome, value, endedMs, isLast);
  }

  /** Runs a generator, beside which other calls may run while it waits for its reader. @returns whether the lane goes on at once */
  #stream(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    startedMs: number,
    generator: AnyGenerator,
  ): boolean {
    const end = this.#streams.start(operation, tag, context, generator);
    return this.#overlap(operation, tag, context, startedMs, end, true);
  }

  /** Something that was in the way of other calls is not any more. */
  #goOnBeside(): void {
    this.#tell();
    this.#planLook();
    if (this.#isBusy || !this.#inFlight.isOpen) return;
    this.#wakeUp();
    this.#work();
  }

  // Children of calls that run elsewhere, or here.

  /**
   * Runs a child at once: the gate gives it to a lane in which all that runs waits for such calls. It may be one of the calls that this lane has made
   * itself; behind them it would wait for ever.
   */
  #runChild(message: readonly unknown[]): void {
    if (hasEndedItself()) return;
    const [, slot, number, tokenId, args] = message as [number, number, number, number, unknown[]];
    const operation = this.#operations[number < 0 ? ~number : number]!;
    if (isUnloaded(operation)) {
      void this.#loadInTurn(operation).then(() => this.#runChild(message));
      return;
    }
    const nowMs = this.#nowBefore(operation, number < 0);
    if (operation.fn === undefined) {
      this.#answers.answer(operation.name, ~slot, UNSTARTABLE, takeFailure(operation), nowMs);
    } else if (nowMs > this.#control!.latestMs(slot)) {
      this.#outbox.add(~slot, EXPIRED, undefined, operation.name, nowMs);
    } else if (!this.#control!.claim(slot, nowMs)) {
      this.#outbox.add(~slot, SKIPPED, undefined, operation.name, nowMs);
    } else {
      const context = new CallContext(tokenId, mark.lane, slot, this.#control!, operation);
      this.#runBeside(operation, ~slot, context, args, nowMs);
    }
    if (!this.#isBusy) this.#endLong();
    this.#tell();
    this.#planLook();
  }

  #runBeside(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    args: unknown[],
    startedMs: number,
  ): void {
    const finish = (outcome: number, value: unknown): void =>
      this.#finish(operation, tag, context, startedMs, outcome, value);
    let value: unknown;
    if (operation.isChild) args = context.adopt(args);
    try {
      value = mark.run(context, operation.fn!, args);
      if (isGenerator(value)) throw streamedElsewhere(operation.name);
      if (!isThenable(value)) return finish(RETURNED, value);
    } catch (error) {
      return finish(THREW, encodeThrown(error));
    }
    mark.goesOn(context);
    this.#beside.add(context);
    const finishLater = (outcome: number, value: unknown): void => {
      this.#beside.delete(context);
      finish(outcome, value);
      this.#tell();
      this.#planLook();
      if (this.#isBusy) return;
      this.#wakeUp();
      this.#work();
    };
    whenSettled(value, finishLater);
  }

  /** The gate takes a lane that has answered for one that takes calls. */
  #lookAgain(): void {
    this.#isHungry = false;
    this.#planLook();
  }

  /** Looks, when the event loop has had a turn, whether this lane may run a child of any call, and whether it takes calls again. */
  #planLook(): void {
    const mayBe = this.#children!.outside > 0 && !this.#isHungry;
    if (this.#isLookPlanned || (!mayBe && !this.#isToldFull)) return;
    this.#isLookPlanned = true;
    setImmediate(this.#onLook);
  }

  #look(): void {
    this.#isLookPlanned = false;
    const isFull = this.#isBusy || !this.#inFlight.isOpen;
    if (this.#isWaitingForChildren) {
      if (this.#isHungry && this.#isToldFull === isFull) return;
      this.#isHungry = true;
      this.#isToldFull = isFull;
      this.#port.post([HUNGRY, isFull]);
    } else if (this.#isToldFull && !isFull) {
      this.#isToldFull = false;
      this.#port.post([ROOMY]);
    }
  }

  /** Whether all that runs in this lane waits for children that were given to the gate. */
  get #isWaitingForChildren(): boolean {
    if (this.#children!.outside === 0) return false;
    if (this.#isBusy && this.#running?.outside === 0) return false;
    if (!this.#inFlight.areAllWaiting) return false;
    for (const context of this.#beside) if (context.outside === 0) return false;
    return true;
  }

  /** The call that was expected to take long has given way, or ended. */
  #endLong(): void {
    if (!this.#isLong) return;
    this.#isLong = false;
    this.#wakeUp();
  }

  /** A call goes on asynchronously, and others may run beside it. @returns whether the lane goes on at once */
  #overlap(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    startedMs: number,
    value: PromiseLike<unknown>,
    isStream: boolean = false,
  ): boolean {
    if (this.#running === context) this.#running = undefined;
    this.#inFlight.enter(operation, context);
    this.#endLong();
    const finish = (outcome: number, value: unknown): void => {
      this.#inFlight.leave(operation, context);
      if (outcome === RETURNED && !isStream && isGenerator(value)) {
        this.#stream(operation, tag, context, startedMs, value);
        return this.#goOnBeside();
      }
      this.#finish(operation, tag, context, startedMs, outcome, value);
      this.#tell();
      this.#planLook();
      if (this.#isBusy) return;
      this.#wakeUp();
      this.#work();
    };
    whenSettled(value, finish);
    if (this.#inFlight.isOpen) return true;
    this.#goToWork();
    this.#tell();
    this.#planLook();
    return false;
  }

  #finishLater(
    operation: LaneOperation,
    tag: number,
    context: CallContext,
    startedMs: number,
    value: PromiseLike<unknown>,
  ): void {
    this.#isBusy = true;
    this.#isLong = true;
    this.#goToWork();
    this.#tell();
    this.#planLook();
    const finish = (outcome: number, value: unknown): void => {
      if (outcome === RETURNED && isGenerator(value)) {
        this.#stream(operation, tag, context, startedMs, value);
      } else this.#finish(operation, tag, context, startedMs, outcome, value);
      this.#goOn();
    };
    whenSettled(value, finish);
  }

  #loadThenGoOn(operation: LaneOperation): false {
    void this.#load(operation);
    return false;
  }

  async #load(operation: LaneOperation): Promise<void> {
    this.#isBusy = true;
    this.#goToWork();
    this.#tell();
    await this.#loadInTurn(operation);
    this.#goOn();
  }

  #loadInTurn(operation: LaneOperation): Promise<void> {
    return this.#loads = this.#loads.then(() =>
      isUnloaded(operation) ? load(operation) : undefined
    );
  }

  /** A gate that shares no memory sends a call when it can start at once: until then it may give it to another lane. */
  async #preload(number: number): Promise<void> {
    const operation = this.#operations[number]!;
    if (isUnloaded(operation)) await this.#load(operation);
    this.#port.post([LOADED, number]);
  }

  /**
   * Goes on after something asynchronous. Calls that give way only to promises could follow each other for ever without the event
   * loop having a turn, and with it their own timers: so it has one when it is due.
   */
  #goOn(): void {
    this.#isBusy = false;
    this.#wakeUp();
    const nowMs = originMs + performance.now();
    if (nowMs - this.#turnMs > TURN_MS) this.#giveWay();
    else this.#work();
  }

  #crash(error: unknown): boolean {
    if (isRefusal(error)) return false;
    this.#tell();
    this.#port.post([CRASH, encodeError(error)]);
    return true;
  }
}

/** Through a promise of our own: a thenable of the user's may call back twice, or at once. */
function whenSettled(
  value: PromiseLike<unknown>,
  finish: (outcome: number, value: unknown) => void,
): void {
  new Promise((resolve) => resolve(value)).then(
    (result) => finish(RETURNED, result),
    (error) => finish(THREW, encodeThrown(error)),
  );
}

function isUnloaded(operation: LaneOperation): boolean {
  return operation.fn === undefined && operation.failure === undefined;
}

/** What is to be told to a call that cannot be run. The failure of a hook is told once: the next call tries again. */
function takeFailure(operation: LaneOperation): unknown {
  const { failure } = operation;
  if (operation.isRetried) operation.failure = undefined;
  return encodeError(failure);
}
