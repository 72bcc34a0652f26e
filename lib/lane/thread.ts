/**
 * The thread lane, host side: a worker from its start to its end, with the mailbox and the control block of that life.
 *
 * @module
 */

import { ControlBlock } from "../bridge/control_block.ts";
import { allocateAnswers, AnswerReader } from "../bridge/answer_ring.ts";
import { CallStamps } from "../bridge/call_stamps.ts";
import { BorrowingOperation } from "../bridge/borrowing_operation.ts";
import { ChildOperation } from "../bridge/child_operation.ts";
import type { LeadChildren } from "../bridge/child_table.ts";
import type { ChildTally } from "../bridge/child_tally.ts";
import type {
  ChildCall,
  ChildOutcome,
  Lane,
  LaneCall,
  LaneEvents,
  OperationReference,
} from "../bridge/contract.ts";
import { decodeError, encodeError } from "../bridge/error_codec.ts";
import {
  ANSWER_FIELDS,
  ANSWERS,
  CHILD_ROW,
  CRASH,
  CREDIT,
  DISPOSABLE,
  DISPOSING,
  EXPIRED,
  GIVEN_UP,
  HUNGRY,
  INIT,
  ITEMS,
  KEPT,
  KEPT_REFUSED,
  KEPT_VALUE,
  type LaneInit,
  OPERATION,
  type OperationInit,
  PROGRESS,
  PROTOCOL,
  READY,
  RETIRE,
  RETIRED,
  RETURNED,
  RETURNED_PACKED,
  ROOMY,
  SKIPPED,
  SPREAD,
  type SpreadCall,
  STREAM_WINDOW,
  THREW,
  UNSTARTABLE,
  UP,
  WAKE,
} from "../bridge/protocol.ts";
import { FrameReader } from "../bridge/frames.ts";
import { PackedOperation, type PackedPlace, unpack } from "../bridge/packing.ts";
import { decodeThrown } from "../bridge/thrown.ts";
import { AT_WORK, NEEDS_MESSAGE } from "../bridge/parking.ts";
import type { WorkerHandle, WorkerSettings, WorkerStarter } from "../runtime/adapter.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { BoardMember, SharedBoard } from "./board.ts";
import { CallSender } from "./call_sender.ts";
import { ChildChannel } from "./child_channel.ts";
import { Farewell } from "./farewell.ts";
import { KeptValues } from "./kept_values.ts";
import { laneEnded, laneStarted } from "./live_lanes.ts";
import { Mailbox } from "./mailbox.ts";
import type { NumberListener, OperationNumbers } from "./operation_numbers.ts";
import { type LaneRun, RestartableLane } from "./restartable.ts";
import { SentValueReader } from "./sent_values.ts";
import { SilenceWatch, type Watched } from "./silence_watch.ts";
import { StreamSlots } from "./stream_slots.ts";
import type { StrandedThreads } from "./stranded.ts";

/** Outcome, on this side only: the answer cannot be read. */
const UNREADABLE = -1;

/** What a thread lane is made of. */
export interface ThreadLaneParts {
  readonly adapter: WorkerStarter;
  readonly clock: Clock;
  readonly events: LaneEvents;
  readonly stranded: StrandedThreads;
  readonly numbers: OperationNumbers;
  /** Numbers the starts of the gate's lanes, of every kind. */
  readonly nextBirth: () => number;
  /** Whether the gate has other lanes. */
  readonly hasOthers: boolean;
  /** The board of the gate; undefined when its calls go by message only. */
  readonly board: SharedBoard | undefined;
  /** Whether calls that go by message go in frames. */
  readonly hasFrames: boolean;
  /** How large a result may be, in bytes. */
  readonly maxPayloadBytes: number;
  /** How long an idle lane looks for calls before it sleeps, in µs; undefined for as long as that pays off. */
  readonly spinUs: number | undefined;
  readonly entryUrl: string;
  readonly settings: WorkerSettings;
  readonly consolePrefix: string | undefined;
  /** How long a worker may say nothing, while it starts or while it loads a module, in ms. */
  readonly startTimeoutMs: number;
  /** Slots of the mailbox. */
  readonly capacity: number;
}

/** @param index number of the lane @param parts what it is made of @returns a lane that is a worker thread */
export function threadLane(index: number, parts: ThreadLaneParts): Lane {
  return new RestartableLane(
    index,
    parts.capacity,
    (lane, onEnd) => new ThreadRun(lane, parts, onEnd),
  );
}

/** One life of a thread lane, from the start of a worker to its end. Its events after the end are ignored. */
export class ThreadRun implements LaneRun, BoardMember, NumberListener, Watched {
  readonly mailbox: Mailbox;
  readonly control: ControlBlock;
  readonly stamps: CallStamps;
  readonly index: number;
  released = 0;
  /** Which slots the released calls are in. */
  readonly #isReleased: Uint8Array;
  readonly #lane: Lane;
  readonly #parts: ThreadLaneParts;
  readonly #onEnd: () => void;
  readonly #worker: WorkerHandle | undefined;
  readonly #board: SharedBoard | undefined;
  readonly #sender: CallSender;
  readonly #silence: SilenceWatch;
  readonly #life: number;
  readonly #answerMemory: SharedArrayBuffer = allocateAnswers();
  readonly #answers: AnswerReader = new AnswerReader(this.#answerMemory);
  readonly #birth: number;
  readonly #children: ChildChannel;
  readonly #farewell: Farewell;
  readonly #streams: StreamSlots = new StreamSlots();
  readonly #sent: SentValueReader;
  readonly #kept: KeptValues;
  /** Started calls whose fate is known here, answered or released: of the mailbox, and of the board. */
  #accounted = 0;
  #accountedPosted = 0;
  #isDisposable = false;
  #isUp = false;
  #isReady = false;
  #isRetired = false;
  /** Whether the dispose hooks run. */
  #isDisposing = false;
  #isStopped = false;
  #isHeld = true;
  #hasEnded = false;
  #isSilent = false;
  #cause: unknown = undefined;
  #answerCount = 0;
  #startTimer: Timer;

  constructor(lane: Lane, parts: ThreadLaneParts, onEnd: () => void) {
    this.#lane = lane;
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.mailbox = new Mailbox(parts.capacity);
    this.#isReleased = new Uint8Array(parts.capacity);
    this.control = ControlBlock.allocate(parts.capacity);
    this.index = lane.index;
    this.#board = parts.board;
    this.stamps = CallStamps.allocate(parts.board?.memory.slots ?? 0);
    this.#sender = new CallSender({
      mailbox: this.mailbox,
      hasFrames: parts.hasFrames,
      post: (message, transfer) => this.#post(message, transfer),
      unsendable: (call, error) => parts.events.unsendable(call, error),
    });
    this.#sent = new SentValueReader(
      lane,
      parts.events,
      this.#streams,
      (tag) => tag >= 0 ? this.#board!.at(tag) : this.mailbox.at(~tag),
    );
    this.#kept = new KeptValues({
      lane,
      post: (message) => this.#post(message),
      onChange: () => this.#setReference(),
    });
    const { clock, events, startTimeoutMs } = parts;
    this.#children = new ChildChannel({
      lane,
      events,
      control: this.control,
      post: (message, transfer) => this.#post(message, transfer),
    });
    this.#farewell = new Farewell({
      clock,
      control: this.control,
      stranded: parts.stranded,
      stopsThreads: parts.adapter.stopsThreads,
      post: (message) => this.#post(message),
      terminate: () => this.#worker?.terminate(),
      onEnd: () => this.#end(undefined),
    });
    this.#silence = new SilenceWatch(clock, this, startTimeoutMs, () => this.#fallSilent());
    this.#life = parts.board?.join(this) ?? 0;
    this.#birth = parts.nextBirth();
    laneStarted();
    try {
      this.#worker = parts.adapter.startWorker(parts.entryUrl, parts.settings, {
        message: (data) => this.#receive(data),
        error: (error) => this.#cause ??= error,
        exit: (code) => this.#exited(code),
      });
    } catch (error) {
      // A runtime refuses some settings in the constructor. The loss arrives later, as it does for a failed load.
      this.#worker = undefined;
      this.#cause = error;
      clock.setTimer(() => this.#end(undefined), 0, false);
    }
    this.#startTimer = clock.setTimer(() => this.#startTimedOut(), startTimeoutMs, true);
  }

  get executing(): number {
    // The lane counts a start a moment after its claim, so a call released in between would make this -1.
    return this.executingMail +
      Math.max(0, this.control.postedCount - this.#accountedPosted);
  }

  get executingMail(): number {
    return Math.max(0, this.control.startedCount - this.#accounted);
  }

  send(call: LaneCall): void {
    const slot = this.mailbox.put(call);
    this.control.open(slot, call.latestMs);
    this.#sender.add(call, this.#parts.numbers.of(call.operation));
  }

  flush(): void {
    if (this.#sender.flush()) this.watch();
  }

  hasMoved(call: LaneCall): boolean {
    return this.mailbox.holds(call) && this.#sender.hasMoved(call.slot);
  }

  isStarted(call: LaneCall): boolean {
    return this.mailbox.holds(call) && this.control.isStarted(call.slot);
  }

  startedMs(call: LaneCall): number {
    return this.control.startedMs(call.slot);
  }

  endedMs(call: LaneCall): number {
    return this.control.endedMs(call.slot);
  }

  recall(call: LaneCall): boolean {
    const slot = call.slot;
    if (!this.mailbox.holds(call) || !this.control.recall(slot)) return false;
    this.mailbox.forget(slot);
    return true;
  }

  get waiting(): number {
    return this.#streams.waiting;
  }

  grant(call: LaneCall, count: number): void {
    if (this.#isStopped || this.#hasEnded) return;
    if (this.mailbox.holds(call)) this.#streams.granted(call.slot, count);
    this.#post([CREDIT, call.id, count]);
  }

  release(call: LaneCall, reason: unknown): void {
    // The flag is raised first: a loop polls it, and may never read the message.
    if (!(this.mailbox.holds(call) ? this.#abandonMail(call) : this.#abandonPosted(call))) return;
    this.released++;
    this.#farewell.postAbort(call.id, encodeError(reason));
  }

  /** @returns whether it was still running */
  #abandonMail(call: LaneCall): boolean {
    const { slot } = call;
    this.mailbox.forget(slot);
    this.#streams.clear(slot);
    this.#accounted++;
    // One that has ended keeps nobody waiting: its answer is on the way.
    if (!Number.isNaN(this.control.endedMs(slot))) return false;
    this.#isReleased[slot] = 1;
    this.control.abort(slot);
    return true;
  }

  #abandonPosted(call: LaneCall): boolean {
    this.#accountedPosted++;
    return this.#board!.abandon(call.slot);
  }

  get isDisposable(): boolean {
    return this.#isDisposable || this.control.hasHooks || this.kept > 0;
  }

  get kept(): number {
    return this.#kept.size;
  }

  // Calls inside of its calls.

  sendChild(call: LaneCall): void {
    const slot = this.mailbox.put(call);
    this.control.open(slot, call.latestMs);
    this.#sender.sendChild(call, this.#parts.numbers.of(call.operation));
    this.watch();
  }

  answerChildren(outcomes: readonly ChildOutcome[]): void {
    if (this.#hasEnded) return;
    this.#children.answer(outcomes);
  }

  returnChild(call: ChildCall): void {
    if (this.#hasEnded) return;
    this.#children.return(call);
  }

  tallyChildren(tally: ChildTally, isOver: boolean): void {
    this.#children.addTo(tally, isOver);
  }

  leads(): LeadChildren[] {
    return this.control.children.leads();
  }

  get heapBytes(): number {
    return this.control.heapBytes;
  }

  retire(disposeTimeoutMs: number): void {
    if (this.#isRetired || this.#isStopped || this.#hasEnded) return;
    this.#isRetired = true;
    // The order first: a lane that is taking a call looks for it afterwards.
    this.control.retire();
    this.flush();
    this.#kept.close();
    this.#post([RETIRE, disposeTimeoutMs]);
  }

  stop(): void {
    if (this.#isStopped || this.#hasEnded) return;
    this.#isStopped = true;
    this.#kept.close();
    this.control.stop();
    // Deno waits for a parked thread before it ends it.
    this.control.parking.unpark();
    // Bun may crash when a worker is terminated while it loads: wait for its first word, or for the start to time out.
    if (this.#isUp) this.#terminate();
  }

  hold(on: boolean): void {
    this.#isHeld = on;
    this.#setReference();
    if (!this.#hasEnded) this.#farewell.hold(on);
  }

  #setReference(): void {
    if (this.#hasEnded) return;
    if (this.#isHeld || this.#kept.isAwaited) this.#worker?.ref();
    else this.#worker?.unref();
  }

  // As a member of the board.

  get mailed(): number {
    return this.mailbox.occupied;
  }

  get hasNoAnswers(): boolean {
    return this.#answers.isEmpty;
  }

  collect(most: number): number {
    if (this.#answers.isEmpty) return 0;
    this.#answerCount++;
    const answers = this.#answers;
    let count = 0;
    for (; count < most && answers.next(); count++) {
      if (answers.isReadable) this.#answer(answers.tag, answers.outcome, answers.value);
      else this.#answer(answers.tag, UNREADABLE, answers.value);
    }
    return count;
  }

  settle(): void {
    this.#parts.events.settled(this.#lane);
  }

  get isAsleep(): boolean {
    return this.control.parking.isAsleep;
  }

  get depth(): number {
    return this.control.parking.depth;
  }

  wake(): boolean {
    if (!this.#isReady || this.#isRetired || this.#isStopped || this.#hasEnded) return false;
    const how = this.control.parking.wake();
    if (how === NEEDS_MESSAGE) this.#post([WAKE]);
    return how !== AT_WORK;
  }

  introduce(number: number, operation: OperationReference): void {
    const { url, name, source = "declared", perLane = 1, window = STREAM_WINDOW } = operation;
    const isChild = operation instanceof ChildOperation;
    const borrows = operation instanceof BorrowingOperation;
    const isPacked = isChild || borrows ? operation.isPacked : operation instanceof PackedOperation;
    const { keeps = false } = operation;
    const init: OperationInit = {
      url,
      name,
      source,
      perLane,
      window,
      isChild,
      borrows,
      isPacked,
      keeps,
    };
    this.#post([OPERATION, number, init]);
  }

  /** Posts a message. Counted afterwards, since posting may fail: a lane that parks in between is woken by what follows. */
  #post(message: unknown, transfer?: readonly object[]): void {
    this.#worker!.post(message, transfer);
    this.control.countMessage();
    this.control.parking.unpark();
  }

  #terminate(): void {
    this.#parts.clock.clearTimer(this.#startTimer);
    this.#farewell.begin(this.#mayBeStuck);
  }

  /** Whether a function, a hook, or a module that is being loaded, may be what keeps its event loop from having a turn. */
  get #mayBeStuck(): boolean {
    const { startedCount, postedCount, returnCount } = this.control;
    const isRunning = startedCount + postedCount > returnCount;
    return this.#isReady && (this.#isSilent || this.#isDisposing || isRunning);
  }

  #startTimedOut(): void {
    this.#giveUpOn("its worker said nothing");
  }

  /** There is a call for it: it is to say something. */
  watch(): void {
    if (this.#isReady) this.#silence.begin();
  }

  get signs(): number {
    const { startedCount, postedCount } = this.control;
    return this.#answerCount + startedCount + postedCount;
  }

  get hasCalls(): boolean {
    if (this.#isStopped || this.#hasEnded) return false;
    return this.mailbox.occupied > 0 || (this.#board?.occupied ?? 0) > 0;
  }

  /** With others at work it may have nothing to do. What it holds in its hand, or was woken for, it has to do. */
  get isExpected(): boolean {
    return this.mailbox.occupied > 0 || this.control.hasHand || this.control.parking.isWaking;
  }

  get isAtWork(): boolean {
    return this.executing > 0 || this.released > 0;
  }

  #fallSilent(): void {
    this.#isSilent = true;
    this.#giveUpOn("its worker started none of its calls, nor answered, while loading a module");
  }

  #giveUpOn(why: string): void {
    const { startTimeoutMs } = this.#parts;
    this.#cause ??= new Error(
      `Cannot use lane ${this.#lane.index}: ${why} for ${startTimeoutMs} ms`,
    );
    this.#isStopped = true;
    this.control.stop();
    this.#terminate();
  }

  #receive(data: unknown): void {
    if (this.#hasEnded) return;
    if (data instanceof ArrayBuffer) return this.#receiveFrame(new FrameReader(data));
    const message = data as unknown[];
    switch (message[0]) {
      case ANSWERS:
        return this.#receiveAnswers(message);
      case ITEMS:
        this.#answerCount++;
        return this.#sent.items(message);
      case PROGRESS:
        this.control.countProgress();
        return this.#sent.progress(message);
      case KEPT_VALUE:
        this.#answerCount++;
        return this.#kept.receive(message[1] as number, message[2] as boolean, message[3]);
      case KEPT_REFUSED:
        return this.#kept.refused(message[1] as number, message[2]);
      case UP:
        return this.#up();
      case READY:
        return this.#ready(message[1]);
      case CRASH:
        this.#cause = decodeError(message[1]);
        return;
      case SPREAD:
        return this.#children.receive(message[1] as SpreadCall);
      case GIVEN_UP:
        return this.#parts.events.givenUp(
          this.#lane,
          message[1] as number,
          decodeError(message[2]),
        );
      case HUNGRY:
        return this.#parts.events.hungry(this.#lane, message[1] as boolean);
      case ROOMY:
        return this.#parts.events.roomy(this.#lane);
      case CHILD_ROW:
        return this.#children.setName(message[1] as number, {
          url: message[2] as string,
          name: message[3] as string,
        });
      case DISPOSABLE:
        this.#isDisposable = true;
        return;
      case DISPOSING:
        this.#isDisposing = true;
        return this.#board?.listAnew();
      case RETIRED:
        this.#isDisposing = false;
        if (this.#isStopped) return;
        return this.#parts.events.retired(this.#lane, (message[1] as unknown[]).map(decodeError));
    }
  }

  #up(): void {
    this.#isUp = true;
    if (this.#isStopped) return this.#terminate();
    const init: LaneInit = {
      protocol: PROTOCOL,
      lane: this.#lane.index,
      birth: this.#birth,
      hasOthers: this.#parts.hasOthers,
      control: this.control.memory,
      maxPayloadBytes: this.#parts.maxPayloadBytes,
      board: this.#board && {
        memory: this.#board.memory.memory,
        slots: this.#board.memory.slots,
        successors: this.#board.successors.memory,
        life: this.#life,
        answers: this.#answerMemory,
        stamps: this.stamps.memory,
        spinUs: this.#parts.spinUs,
      },
      consolePrefix: this.#parts.consolePrefix,
    };
    this.#post([INIT, init]);
  }

  #ready(protocol: unknown): void {
    if (protocol !== PROTOCOL) {
      this.#cause = new Error(
        `Cannot use the worker entry ${this.#parts.entryUrl}: it speaks protocol ${protocol}, this gate speaks ${PROTOCOL}; ` +
          `install one version of the package`,
      );
      return this.stop();
    }
    if (this.#isStopped) return;
    this.#parts.clock.clearTimer(this.#startTimer);
    this.#isReady = true;
    this.#parts.numbers.join(this);
    this.#parts.events.ready(this.#lane);
  }

  #receiveAnswers(message: readonly unknown[]): void {
    this.#answerCount++;
    for (let i = 1; i < message.length; i += ANSWER_FIELDS) {
      this.#answer(message[i] as number, message[i + 1] as number, message[i + 2]);
    }
    this.#parts.events.settled(this.#lane);
  }

  #receiveFrame(frame: FrameReader): void {
    this.#answerCount++;
    while (frame.next()) this.#answer(frame.first, frame.second, frame.value());
    this.#parts.events.settled(this.#lane);
  }

  #answer(tag: number, outcome: number, value: unknown): void {
    const { events } = this.#parts;
    const isPosted = tag >= 0;
    // A lane that was told to stop skips what nobody has recalled: that goes elsewhere, with all else that it has not started, when it has ended.
    if (outcome === SKIPPED && this.#isStopped) return;
    const slot = isPosted ? tag : ~tag;
    const hasRun = outcome !== SKIPPED && outcome !== UNSTARTABLE && outcome !== EXPIRED;
    // Before the slot is free.
    const from = isPosted ? this.stamps : this.control;
    const startedMs = from.startedMs(slot);
    const endedMs = from.endedMs(slot);
    const wasReleased = isPosted ? this.#board!.isReleased(slot) : this.#isReleased[slot] === 1;
    if (!isPosted) this.#streams.clear(slot);
    const call = isPosted ? this.#board!.take(slot) : this.mailbox.take(slot);
    if (call === undefined) {
      if (!hasRun) return;
      if (wasReleased) this.released--;
      if (!isPosted) this.#isReleased[slot] = 0;
      if (outcome === KEPT) this.#kept.forget(value as number);
      return events.late(this.#lane);
    }
    // A call of the board that could not be run was claimed and counted all the same.
    if (isPosted) this.#accountedPosted++;
    else if (hasRun) this.#accounted++;
    if (isPosted && hasRun) this.#board!.noteRun(slot, endedMs - startedMs);
    if (outcome === RETURNED) events.returned(this.#lane, call, value, startedMs, endedMs);
    else if (outcome === KEPT) {
      events.returned(this.#lane, call, this.#kept.make(call, value as number), startedMs, endedMs);
    } else if (outcome === THREW) {
      events.threw(this.#lane, call, decodeThrown(value), startedMs, endedMs);
    } else if (outcome === RETURNED_PACKED) {
      this.#unpack(call, value as unknown[], startedMs, endedMs);
    } else if (outcome === UNREADABLE) events.threw(this.#lane, call, value, startedMs, endedMs);
    else if (outcome === EXPIRED) events.expired(this.#lane, call);
    else if (outcome !== SKIPPED) events.unstartable(this.#lane, call, decodeError(value));
  }

  #unpack(
    call: LaneCall,
    packed: readonly unknown[],
    startedMs: number,
    endedMs: number,
  ): void {
    const { events } = this.#parts;
    let value: unknown;
    try {
      value = unpack(packed[0], packed[1] as PackedPlace[]);
    } catch (error) {
      return events.threw(this.#lane, call, error, startedMs, endedMs);
    }
    events.returned(this.#lane, call, value, startedMs, endedMs);
  }

  #exited(exitCode: number | undefined): void {
    if (this.#hasEnded) this.#parts.stranded.ended(this.control);
    else this.#end(exitCode);
  }

  #end(exitCode: number | undefined): void {
    if (this.#hasEnded) return;
    // What it left in the ring is done, however it ended.
    this.collect(Infinity);
    this.#hasEnded = true;
    this.control.stop();
    this.#parts.numbers.leave(this);
    this.#parts.clock.clearTimer(this.#startTimer);
    this.#farewell.end();
    this.#silence.end();
    this.#worker?.unref();
    // First, since a thread may outlive its lane: what it could start between the two would be nobody's.
    const unstarted: LaneCall[] = this.#board?.recallAll() ?? [];
    const started: LaneCall[] = this.#board?.leave(this.#life) ?? [];
    for (const call of this.mailbox.inOrder()) {
      const hasNotStarted = this.control.recall(call.slot);
      if (hasNotStarted && !this.#sender.hasMoved(call.slot)) unstarted.push(call);
      else started.push(call);
    }
    laneEnded();
    this.#kept.end();
    this.#onEnd();
    this.#parts.events.lost(this.#lane, {
      cause: this.#cause,
      exitCode,
      wasReady: this.#isReady,
      wasStuck: this.released > 0,
      started,
      unstarted,
    });
  }
}
