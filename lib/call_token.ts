/**
 * The token itself.
 *
 * One object per call and no more: the gate's queue links, its heap place and the stamps are plain fields here, written by the planes
 * through the types of this package and absent from the public interface. A promise is made only when somebody waits: one per token would be
 * most of a pending token's memory.
 *
 * @module
 */

import type { LaneCall, OperationReference } from "./bridge/contract.ts";
import { KeptValue } from "./bridge/kept_value.ts";
import { STREAM_WINDOW } from "./bridge/protocol.ts";
import type { Attempt, Timings, Token, TokenState, WaitingFor } from "./token.ts";
import {
  FollowerPair,
  placeAmong,
  PromiseFollower,
  tellFulfilled,
  type TokenFollower,
} from "./token_follower.ts";
import { ProgressReports } from "./token_progress.ts";
import { type StreamReader, TokenStream } from "./token_stream.ts";

/** State codes; from `COMPLETED` on they are final. */
export const WAITING: number = 0;
export const ADMITTED: number = 1;
export const EXECUTING: number = 2;
export const COMPLETED: number = 3;
export const FAILED: number = 4;
export const KILLED: number = 5;
export const TIMEOUT: number = 6;

/** In place of the number of a lane: no lane has it. */
export const NOWHERE: number = -1;
/** In place of the number of a lane: it is on the board. */
export const ON_BOARD: number = -2;
/** In place of the number of a lane: it runs on the caller's own thread. */
export const ON_CALLER: number = -3;
/** In place of the number of a lane, of a token that waits: it is laid out on the board, where a lane may start it at any time. */
export const LAID_OUT: number = -4;

/** What a waiting token waits for: what its desk says, */
export const FOR_ITS_DESK: number = 0;
/** tokens among its arguments, */
export const FOR_ARGUMENTS: number = 1;
/** or the time of its next attempt. */
export const FOR_ITS_ATTEMPT: number = 2;
/** From here on: it was given to a lane, and this is its position. */
const FIRST_POSITION = 3;

/** What a token holds: the permits of its operation, */
export const PERMITS: number = 1;
/** and the slots of its weight. */
export const SLOTS: number = 2;

/** In place of a stamp in µs: it has not come to that. */
const NEVER = -(2 ** 30);

/** What a token can wait in. */
export interface TokenQueue {
  /** What its tokens wait for. */
  readonly waitingFor: WaitingFor;
  /** Takes a token that is in this queue from wherever it is. */
  remove(token: CallToken): void;
}

/** The states by their codes. */
export const STATES: readonly TokenState[] = [
  "waiting",
  "admitted",
  "executing",
  "completed",
  "failed",
  "killed",
  "timeout",
];

/** What a gate keeps of one operation, as its tokens see it. */
export interface TokenDesk {
  /** Its tokens that have not settled. */
  readonly active: number;
}

/** How heavy a call is that is not light. */
export interface CallWeight {
  /** Whether it is heavy; otherwise it is medium. */
  readonly isHeavy: boolean;
  /** How many slots it takes of those that calls of its weight share. */
  readonly slots: number;
}

/** The attempts of a token that was tried more than once, or is to be. */
export interface TokenAttempts {
  /** The attempts that have failed, the oldest first. */
  readonly failed: readonly Attempt[];
}

/** How the calls of one key are kept together. */
export interface CallAffinity {
  /** Gives the key of a call, from its arguments; anything. May throw. */
  readonly keyOf: (args: readonly unknown[]) => unknown;
  /** Whether they need the lane of their key; otherwise they go elsewhere when that is at work. */
  readonly isRequired: boolean;
  /** Whether they go one after the other, in the order of the calls. */
  readonly isOrdered: boolean;
}

/** The key of a call. */
export interface TokenPin {
  /** The key. */
  readonly key: string;
}

/** What limits one call, in ms, and where it may run; shared by all calls of the same options. */
export interface CallLimits {
  readonly timeoutMs: number | undefined;
  readonly queueTimeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  /** Whether it may run on the caller's own thread. */
  readonly inline: "never" | "auto";
  /** Which calls go before which: higher numbers first. */
  readonly priority: number;
  /** How heavy it is; undefined for light. */
  readonly weight?: CallWeight | undefined;
  /** How calls of one key are kept together; undefined for not at all. */
  readonly affinity?: CallAffinity | undefined;
  /** How long it is said to run, in ms; undefined when that is not known. */
  readonly costMs?: number | undefined;
  /** What of the arguments is to be moved and not copied. */
  readonly transfer?: readonly object[] | undefined;
}

/** Who moves a token: the gate, or the lane for a call inside an operation. */
export interface TokenOwner {
  /** Ends a token that has not settled. */
  cancel(token: CallToken, reason: unknown): boolean;
  /** Whether an admitted token has started by now. */
  hasStarted(token: CallToken): boolean;
  /** When it started, in ms since the epoch. */
  startedMs(token: CallToken): number;
  /** Lets the generator of a stream go on by so many items. */
  grant(token: CallToken, count: number): void;
}

/** What few tokens have any of: a token has a field for all of it together, since each field costs every token 8 bytes. */
class TokenExtras {
  /** What its arguments count in the intake, in bytes; 0 where nobody counts. */
  bytes: number = 0;
  /** Number of the state of its operation's breaker that let it pass; -1 where there is none. */
  pass: number = -1;
  /** Its key, while it has not settled; undefined for none. */
  pin: TokenPin | undefined = undefined;
  /** Attempts that have failed; undefined while none has. */
  retries: TokenAttempts | undefined = undefined;
  /** What ends it from outside, while it has not settled; undefined for none. */
  signal: AbortSignal | undefined = undefined;
}

/** Of the tokens that have nothing of the kind; never written to. */
const PLAIN: TokenExtras = Object.freeze(new TokenExtras());

/** One call, as the planes see it. */
export class CallToken implements Token<unknown>, LaneCall {
  // Its fields lie in memory in this order. Of many calls that are made at once each has left the processor's caches when its result comes, so that each cache line
  // touched then is waited for: what is needed to settle a token lies together, and in front.
  readonly id: number;
  /** State code as the owner has recorded it; `state` also looks into the lane. */
  code: number = WAITING;
  /** Number of the lane that holds the call, or `ON_BOARD`, `ON_CALLER` or `LAID_OUT`; `NOWHERE` while none does. */
  lane: number = NOWHERE;
  slot: number = -1;
  /** Where it waits, and what it is counted with; undefined for a call inside an operation. */
  desk: TokenDesk | undefined = undefined;
  /** What it holds that it has to give back: `PERMITS`, `SLOTS`. */
  holds: number = 0;
  /** The intake it waits in; its links there are further down. */
  queue: TokenQueue | undefined = undefined;
  limits: CallLimits;
  /** Place in the heap of time limits; -1 while it has none. */
  heapIndex: number = -1;
  #extras: TokenExtras = PLAIN;
  /** When it was submitted, in ms since the epoch. */
  readonly submittedMs: number;
  // The other stamps as whole µs from the submission: V8 puts each double into an object of its own, small integers into the field.
  #admittedUs: number = NEVER;
  #startedUs: number = NEVER;
  #endedUs: number = NEVER;
  args: readonly unknown[];
  /** Who is told of the end: the promise, by its two functions; or a follower, with the place it gave; or nobody. */
  #follower: ((value: unknown) => void) | TokenFollower | undefined = undefined;
  #place: ((error: unknown) => void) | number | undefined = undefined;
  /** The result, or the error, once settled; a `KeptValue` for a result that its lane has kept, until somebody asks for it. */
  outcome: unknown = undefined;
  // What settling needs no look at.
  operation: OperationReference;
  readonly owner: TokenOwner;
  /** What it waits for, while it waits; afterwards its position, so that no field is spent on it. */
  waits: number = FOR_ITS_DESK;
  /** Its place in the order of the calls: lower numbers first. */
  sequence: number = 0;
  next: CallToken | undefined = undefined;
  previous: CallToken | undefined = undefined;
  #promise: Promise<unknown> | undefined = undefined;

  constructor(
    id: number,
    operation: OperationReference,
    args: readonly unknown[],
    limits: CallLimits,
    owner: TokenOwner,
    nowMs: number,
  ) {
    this.id = id;
    this.operation = operation;
    this.args = args;
    this.limits = limits;
    this.owner = owner;
    this.submittedMs = nowMs;
  }

  get [Symbol.toStringTag](): string {
    return "Token";
  }

  get bytes(): number {
    return this.#extras.bytes;
  }

  set bytes(bytes: number) {
    if (bytes !== this.#extras.bytes) this.#ownExtras().bytes = bytes;
  }

  get pass(): number {
    return this.#extras.pass;
  }

  set pass(pass: number) {
    if (pass !== this.#extras.pass) this.#ownExtras().pass = pass;
  }

  get pin(): TokenPin | undefined {
    return this.#extras.pin;
  }

  set pin(pin: TokenPin | undefined) {
    if (pin !== this.#extras.pin) this.#ownExtras().pin = pin;
  }

  get retries(): TokenAttempts | undefined {
    return this.#extras.retries;
  }

  set retries(retries: TokenAttempts | undefined) {
    if (retries !== this.#extras.retries) this.#ownExtras().retries = retries;
  }

  get signal(): AbortSignal | undefined {
    return this.#extras.signal;
  }

  set signal(signal: AbortSignal | undefined) {
    if (signal !== this.#extras.signal) this.#ownExtras().signal = signal;
  }

  #ownExtras(): TokenExtras {
    if (this.#extras === PLAIN) this.#extras = new TokenExtras();
    return this.#extras;
  }

  get transfer(): readonly object[] | undefined {
    return this.limits.transfer;
  }

  get isLimited(): boolean {
    return this.limits.timeoutMs !== undefined || this.limits.deadlineMs !== undefined ||
      this.signal !== undefined;
  }

  get latestMs(): number {
    const { queueTimeoutMs = Infinity, deadlineMs = Infinity } = this.limits;
    // One that was tried before has started in time.
    const inQueueMs = this.retries === undefined ? queueTimeoutMs : Infinity;
    return this.submittedMs + Math.min(inQueueMs, deadlineMs);
  }

  /** When it was admitted to a lane, in ms since the epoch; NaN before. */
  get admittedMs(): number {
    return this.#stamp(this.#admittedUs);
  }

  set admittedMs(ms: number) {
    this.#admittedUs = this.#since(ms);
  }

  /** When its function started, in ms since the epoch; NaN before. */
  get startedMs(): number {
    return this.#stamp(this.#startedUs);
  }

  set startedMs(ms: number) {
    this.#startedUs = this.#since(ms);
  }

  /** When its function ended, in ms since the epoch; NaN before. */
  get endedMs(): number {
    return this.#stamp(this.#endedUs);
  }

  set endedMs(ms: number) {
    this.#endedUs = this.#since(ms);
  }

  /** From its submission to the start of its function, in whole µs; undefined before. Two clocks may make it less than nothing. */
  get waitedUs(): number | undefined {
    return this.#startedUs === NEVER ? undefined : this.#startedUs;
  }

  /** Time inside of its function, in whole µs; undefined before its end. */
  get ranUs(): number | undefined {
    const isKnown = this.#startedUs !== NEVER && this.#endedUs !== NEVER;
    return isKnown ? this.#endedUs - this.#startedUs : undefined;
  }

  #stamp(us: number): number {
    return us === NEVER ? NaN : this.submittedMs + us / 1_000;
  }

  #since(ms: number): number {
    return Number.isNaN(ms) ? NEVER : Math.floor((ms - this.submittedMs) * 1_000);
  }

  /** Its place in the rotation over the lanes: number of the lane, and as many rounds of all lanes as that was given calls before; undefined when no lane was chosen for it. */
  get position(): number | undefined {
    const isGivenOut = this.code !== WAITING && this.waits >= FIRST_POSITION;
    return isGivenOut ? this.waits - FIRST_POSITION : undefined;
  }

  set position(position: number) {
    this.waits = FIRST_POSITION + position;
  }

  get isSettled(): boolean {
    return this.code >= COMPLETED;
  }

  /** Whether it has the permits of its operation. */
  get isCleared(): boolean {
    return (this.holds & PERMITS) !== 0;
  }

  get state(): TokenState {
    const isRunning = this.code === ADMITTED && this.owner.hasStarted(this);
    return STATES[isRunning ? EXECUTING : this.code]!;
  }

  get waitingFor(): WaitingFor | undefined {
    if (this.code !== WAITING) return undefined;
    if (this.waits === FOR_ARGUMENTS) return "arguments";
    if (this.waits === FOR_ITS_ATTEMPT) return "attempt";
    // With its permits it is on its way to a mailbox, whatever those behind it wait for.
    return this.isCleared ? "lane" : this.queue?.waitingFor ?? "lane";
  }

  get attempts(): readonly Attempt[] {
    return this.retries?.failed ?? NONE;
  }

  get timings(): Timings {
    const isRunning = this.code === ADMITTED && this.owner.hasStarted(this);
    return {
      submittedMs: this.submittedMs,
      admittedMs: stamp(this.admittedMs),
      startedMs: stamp(isRunning ? this.owner.startedMs(this) : this.startedMs),
      endedMs: stamp(this.endedMs),
      lane: this.lane >= 0 ? this.lane : undefined,
      position: this.position,
    };
  }

  cancel(reason?: unknown): boolean {
    return !this.isSettled && this.owner.cancel(this, reason);
  }

  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.promise().then(onFulfilled, onRejected);
  }

  catch<B = never>(
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<unknown> {
    return this.promise().then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.promise().finally(onFinally);
  }

  // What is made only for the tokens that have it, and so is no field.

  /** What its function reports; looking at it costs nothing else. */
  get progress(): ProgressReports {
    let known = reports.get(this);
    if (known === undefined) {
      reports.set(this, known = new ProgressReports());
      this.follow(known, 0);
    }
    return known;
  }

  /** Its items, if its function is a generator. */
  get stream(): TokenStream {
    let known = streams.get(this);
    if (known === undefined) {
      streams.set(this, known = new TokenStream(this, this.operation.window ?? STREAM_WINDOW));
      this.follow(known, 0);
    }
    return known;
  }

  [Symbol.asyncIterator](): StreamReader<unknown, unknown> {
    return this.stream[Symbol.asyncIterator]();
  }

  /** Whether it is a stream of which some items have come: it cannot be begun anew. */
  get hasItems(): boolean {
    return streams.get(this)?.hasItems ?? false;
  }

  /** Whether whoever follows it wants its result, and could do nothing with a stream. */
  get isForResults(): boolean {
    return typeof this.#follower === "object" && this.#follower.isForResults;
  }

  grant(count: number): void {
    this.owner.grant(this, count);
  }

  /** The promise behind the token, made when first asked for. */
  promise(): Promise<unknown> {
    this.#promise ??= this.#makePromise();
    return this.#promise;
  }

  /**
   * Has a follower told of the end, at once where there is one already.
   *
   * @param follower who is told
   * @param place a number that it is told too
   */
  follow(follower: TokenFollower, place: number): void {
    if (this.code === COMPLETED) return tellFulfilled(follower, this, place);
    if (this.isSettled) {
      // Where nobody waited, the rejection counts as unhandled unless somebody is told in the same turn.
      if (follower.rejected(this, place)) this.promise().catch(ignore);
      return;
    }
    if (this.#follower === undefined) {
      this.#follower = follower;
      this.#place = place;
      return;
    }
    const [first, firstPlace] = this.#asFollower();
    this.#follower = new FollowerPair(first, firstPlace, follower, place);
    this.#place = 0;
  }

  /** @param follower a follower @returns the place it gave, if it is told of the end of this token; or -1 */
  placeOf(follower: TokenFollower): number {
    const own = this.#follower;
    return typeof own === "object" ? placeAmong(follower, own, this.#place as number) : -1;
  }

  #asFollower(): [follower: TokenFollower, place: number] {
    const own = this.#follower;
    const place = this.#place;
    if (typeof own !== "function") return [own!, place as number];
    return [new PromiseFollower(own, place as (error: unknown) => void), 0];
  }

  /** Records the result; the owner has set the state. */
  fulfil(value: unknown): void {
    this.outcome = value;
    const follower = this.#follower;
    const place = this.#place;
    this.#drop();
    if (value instanceof KeptValue) {
      if (typeof follower === "function") {
        this.#sendFor(value, follower, place as (error: unknown) => void);
      } else if (follower !== undefined) tellFulfilled(follower, this, place as number);
    } else if (typeof follower === "function") follower(value);
    else if (follower !== undefined) follower.fulfilled(this, place as number);
  }

  /** Has a kept result sent. */
  #sendFor(
    kept: KeptValue,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    kept.whenHere((isHere, value) => {
      if (!isHere) return reject(value);
      this.outcome = value;
      resolve(value);
    });
  }

  /**
   * Records the error; the owner has set the state.
   *
   * @param error what the token rejects with
   * @param isQuiet whether nobody needs to be told, since its owner ended it
   */
  fail(error: unknown, isQuiet: boolean): void {
    this.outcome = error;
    const follower = this.#follower;
    const place = this.#place;
    this.#drop();
    if (typeof follower === "function") return (place as (error: unknown) => void)(error);
    const isTold = follower !== undefined && follower.rejected(this, place as number);
    // Nobody waits: rejecting now makes it the unhandled rejection that a promise of this token would have been.
    if (!isTold && !isQuiet) this.#promise = Promise.reject(error);
  }

  /** What a settled token need not hold. */
  #drop(): void {
    this.args = NOTHING;
    this.signal = undefined;
    this.#follower = undefined;
    this.#place = undefined;
  }

  #makePromise(): Promise<unknown> {
    if (this.code === COMPLETED) {
      const { outcome } = this;
      if (!(outcome instanceof KeptValue)) return Promise.resolve(outcome);
      return new Promise((resolve, reject) => this.#sendFor(outcome, resolve, reject));
    }
    if (this.isSettled) return Promise.reject(this.outcome);
    const promise = new Promise(capture);
    if (this.#follower === undefined) {
      this.#follower = resolveNew;
      this.#place = rejectNew;
    } else this.follow(new PromiseFollower(resolveNew, rejectNew), 0);
    return promise;
  }
}

const reports: WeakMap<CallToken, ProgressReports> = new WeakMap();
const streams: WeakMap<CallToken, TokenStream> = new WeakMap();

// The functions of the promise made last. One function that leaves them here serves all promises; a closure for each would be garbage per token.
let resolveNew: (value: unknown) => void;
let rejectNew: (error: unknown) => void;

function capture(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  resolveNew = resolve;
  rejectNew = reject;
}

/** What marks a token, also one of another copy of the package. */
const TOKEN: symbol = Symbol.for("tokengate.token.1");
Object.defineProperty(CallToken.prototype, TOKEN, { value: true });

/** @param value any value @returns whether it is a token */
export function isToken(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && TOKEN in value;
}

function inspect(this: CallToken): string {
  return `Token { id: ${this.id}, operation: "${this.operation.name}", state: "${this.state}" }`;
}

// What console.log prints; the first is Node's and Bun's name for it.
for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
  Object.defineProperty(CallToken.prototype, Symbol.for(name), { value: inspect });
}

const NOTHING: readonly unknown[] = [];
const NONE: readonly Attempt[] = [];

function ignore(): void {}

function stamp(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
