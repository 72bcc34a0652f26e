/**
 * A call of an operation inside a running operation: a child of that call. It runs in the same lane, at once and directly, in a context of its own below the caller's;
 * or it is given to the gate, to run in some lane as a call of the program would.
 *
 * A child ends with the call that made it: what a call has left running when it settles is killed, and so is what it calls after that.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  ADMITTED,
  CallToken,
  COMPLETED,
  EXECUTING,
  FAILED,
  FOR_ARGUMENTS,
  FOR_ITS_ATTEMPT,
  FOR_ITS_DESK,
  KILLED,
  TIMEOUT,
  type TokenOwner,
  WAITING,
} from "./call_token.ts";
import { findUncloneable, streamedElsewhere } from "./bridge/cloneable.ts";
import { GeneratorRun } from "./bridge/generator_run.ts";
import { type AnyGenerator, isGenerator } from "./bridge/generators.ts";
import { STREAM_WINDOW } from "./bridge/protocol.ts";
import { movesAny, withoutMark, withoutMarks } from "./bridge/transfer.ts";
import { isThenable } from "./bridge/thenable.ts";
import { NotCloneableError, type TokenLimit } from "./errors.ts";
import { findTokens, resolveArguments } from "./gate/arguments.ts";
import type { DeskPolicy } from "./gate/desk_policy.ts";
import { finalError } from "./gate/retrying.ts";
import { delayMs, wantsRetry } from "./gate/retry_policy.ts";
import { cancelledError, timeoutError } from "./gate/token_errors.ts";
import { type LaneMark, laneMark } from "./lane_mark.ts";
import { refuseInLane } from "./lane_context.ts";
import type {
  ChildRecord,
  LaneChildren,
  LaneLead,
  LaneScope,
  OutsideCall,
  ScopeChild,
} from "./lane_scope.ts";
import { NestedScope } from "./nested_scope.ts";
import type { CallSettings } from "./operation_options.ts";
import type { Definition } from "./registry.ts";
import { RandomSource } from "./runtime/random.ts";
import type { Attempt } from "./token.ts";

/** A child that takes longer is worth the way to another lane, in ms. */
const SPREAD_MS = 2;
/** How much of a new run goes into the mean. */
const SHARE = 1 / 16;
/** The longest time that a timer takes, in ms. */
const LONGEST_MS = 2 ** 31 - 1;

const NO_TIMERS: readonly ReturnType<typeof setTimeout>[] = [];

const timeOrigin = performance.timeOrigin;
/** Found once; in a bundle the modules of the user may be evaluated before there is one. */
let mark: LaneMark | undefined;
let random: RandomSource | undefined;

function now(): number {
  return timeOrigin + performance.now();
}

/**
 * Calls an operation for the operation that is running.
 *
 * @param definition the operation
 * @param args its arguments; tokens among them are waited for
 * @param settings limits and signal of the call, and where it may run
 * @returns a token, settled already when the function is synchronous and runs here
 * @throws {GateInLaneError} when no operation is running in this context
 */
export function callHere(
  definition: Definition,
  args: readonly unknown[],
  settings: CallSettings,
): CallToken {
  mark ??= laneMark();
  const scope = mark?.context();
  if (scope === undefined) throw refuseInLane("call", definition);
  return new NestedCall(definition, args, settings, scope, mark!.children!).token;
}

/** One nested call: the owner of its token. */
class NestedCall implements TokenOwner, OutsideCall, ScopeChild {
  readonly token: CallToken;
  readonly lead: LaneLead;
  readonly #parent: LaneScope;
  readonly #definition: Definition;
  readonly #settings: CallSettings;
  readonly #children: LaneChildren;
  readonly #record: ChildRecord;
  /** Its arguments without tokens, while it may have to be run with them again. */
  #args: readonly unknown[] = [];
  /** What runs for it here: one for each attempt. */
  #scope: NestedScope | undefined;
  #timers: ReturnType<typeof setTimeout>[] | undefined;
  #onSignal: (() => void) | undefined;
  #isEntered = false;
  #isOutside = false;
  #lastDelayMs = 0;
  #stream: GeneratorRun | undefined;

  constructor(
    definition: Definition,
    args: readonly unknown[],
    settings: CallSettings,
    parent: LaneScope,
    children: LaneChildren,
  ) {
    this.#definition = definition;
    this.#settings = settings;
    this.#parent = parent;
    this.lead = parent.lead;
    this.#children = children;
    this.#record = children.recordOf(definition);
    const token = this.token = new CallToken(
      children.nextId(),
      definition,
      args,
      settings,
      this,
      now(),
    );
    const places = findTokens(args);
    children.entered(this.lead, this.#record, places !== undefined);
    if (parent.isOver) {
      this.end("the operation that calls it has ended");
      return;
    }
    const { signal } = settings;
    if (signal?.aborted) {
      this.cancel(token, signal.reason);
      return;
    }
    if (places === undefined) this.#start(args, token.submittedMs);
    else {
      token.waits = FOR_ARGUMENTS;
      this.#limit("queueTimeoutMs", settings.queueTimeoutMs);
      resolveArguments(
        definition,
        args,
        places,
        (args) => this.#argumentsCame(args),
        (error, isQuiet) => this.#fail(isQuiet ? KILLED : FAILED, error),
      );
    }
    if (token.isSettled) return;
    this.#isEntered = true;
    parent.enter(this);
    this.#limit("deadlineMs", settings.deadlineMs);
    if (signal !== undefined) {
      this.#onSignal = () => this.cancel(token, signal.reason);
      token.signal = signal;
      signal.addEventListener("abort", this.#onSignal);
    }
  }

  get id(): number {
    return this.token.id;
  }

  grant(_token: CallToken, count: number): void {
    this.#stream?.grant(count);
  }

  cancel(token: CallToken, reason: unknown): boolean {
    if (token.isSettled) return false;
    this.#fail(KILLED, cancelledError(token.operation, reason));
    return true;
  }

  end(reason: unknown): void {
    this.cancel(this.token, reason);
  }

  hasStarted(token: CallToken): boolean {
    return token.code === EXECUTING;
  }

  startedMs(token: CallToken): number {
    return token.startedMs;
  }

  // Where it runs.

  #argumentsCame(args: readonly unknown[]): void {
    const { token } = this;
    if (token.isSettled) return;
    this.#children.idles(this.#record, false);
    token.waits = FOR_ITS_DESK;
    this.#start(args, now());
  }

  #start(args: readonly unknown[], nowMs: number): void {
    const { spread } = this.#settings;
    const { isLimited, isForOthers, isStreamed, meanMs } = this.#record;
    if (spread === "never") return this.#run(args, nowMs);
    if (isStreamed) {
      if (!isForOthers) return this.#run(args, nowMs);
      return this.#fail(FAILED, streamedElsewhere(this.#definition.name));
    }
    const isEager = spread === "always" || isLimited || isForOthers;
    if (isEager || (meanMs >= SPREAD_MS && !this.#children.isAlone && !movesAny(args))) {
      if (this.#give(args, isEager)) return;
    }
    this.#run(args, nowMs);
  }

  /** Gives it to the gate. @returns false when it is to run here, since its arguments do not cross and nobody has asked that they do */
  #give(args: readonly unknown[], isEager: boolean): boolean {
    const { token } = this;
    const settings = this.#settings;
    const { deadlineMs } = settings;
    try {
      this.#children.give(this, args, {
        parentId: this.#parent.tokenId,
        domainId: this.#parent.domainId,
        definition: this.#definition,
        record: this.#record,
        isEager,
        timeoutMs: settings.timeoutMs,
        queueTimeoutMs: settings.queueTimeoutMs,
        deadlineMs: deadlineMs && Math.max(1, token.submittedMs + deadlineMs - now()),
        priority: settings.priority,
        transfer: settings.transfer,
      });
    } catch (cause) {
      if (!isEager) return false;
      const isOurs = cause instanceof NotCloneableError;
      this.#fail(FAILED, isOurs ? cause : findUncloneable(token.operation.name, args, cause));
      return true;
    }
    this.#children.left(this.lead, this.#record);
    this.#args = args;
    this.#isOutside = true;
    token.code = ADMITTED;
    token.admittedMs = now();
    return true;
  }

  runHere(moved: readonly unknown[] | undefined): void {
    this.#isOutside = false;
    this.#children.entered(this.lead, this.#record, false);
    this.#run(moved ?? this.#args, now());
  }

  answered(
    code: number,
    value: unknown,
    admittedMs: number,
    startedMs: number,
    endedMs: number,
  ): void {
    const { token } = this;
    if (token.isSettled) return;
    token.admittedMs = admittedMs;
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    if (code === COMPLETED) return this.#fulfil(value);
    const { limit } = (value ?? {}) as { readonly limit?: unknown };
    // The other limits are for all attempts together.
    if (code === KILLED || (code === TIMEOUT && limit !== "timeoutMs")) {
      return this.#fail(code, code === KILLED ? value : finalError(token, value));
    }
    const isLost = (value as { code?: unknown } | null)?.code === "ERR_LANE_CRASH";
    this.#attemptFailed(code, value, isLost);
  }

  // Running here.

  #run(args: readonly unknown[], nowMs: number): void {
    const { token } = this;
    if (token.isSettled) return;
    token.admittedMs = token.startedMs = nowMs;
    token.code = EXECUTING;
    const scope = this.#scope = new NestedScope(token, this.#parent, this.#record);
    let result: unknown;
    try {
      result = mark!.run(scope, this.#definition.fn, withoutMarks(args));
    } catch (error) {
      token.endedMs = now();
      return this.#attemptFailed(FAILED, error, false);
    }
    if (isGenerator(result)) result = this.#runGenerator(scope, result);
    if (isThenable(result)) {
      mark!.goesOn(scope);
      this.#args = args;
      this.#limit("timeoutMs", token.limits.timeoutMs);
      new Promise((resolve) => resolve(result)).then(
        (value: unknown) => this.#came(scope, value),
        (error: unknown) => this.#threw(scope, error),
      );
    } else this.#returned(args, nowMs, result);
  }

  /** A function that never gave way: nobody could stop it, so its limits are held against what it took. */
  #returned(args: readonly unknown[], startedMs: number, result: unknown): void {
    const { token } = this;
    // What it has called may have ended it.
    if (token.isSettled) return;
    const endedMs = now();
    token.endedMs = endedMs;
    const record = this.#record;
    const tookMs = endedMs - startedMs;
    record.meanMs = record.meanMs < 0 ? tookMs : record.meanMs + (tookMs - record.meanMs) * SHARE;
    const { timeoutMs, deadlineMs } = token.limits;
    if (timeoutMs !== undefined && tookMs > timeoutMs) {
      this.#args = args;
      const error = timeoutError(token.operation, "timeoutMs", timeoutMs);
      return this.#attemptFailed(TIMEOUT, error, false);
    }
    if (deadlineMs !== undefined && endedMs - token.submittedMs > deadlineMs) {
      return this.#fail(TIMEOUT, timeoutError(token.operation, "deadlineMs", deadlineMs));
    }
    this.#fulfil(result);
  }

  #came(scope: NestedScope, value: unknown): void {
    if (scope !== this.#scope || this.token.isSettled) return;
    if (this.#stream === undefined && isGenerator(value)) {
      this.#runGenerator(scope, value).then(
        (value: unknown) => this.#came(scope, value),
        (error: unknown) => this.#threw(scope, error),
      );
      return;
    }
    this.token.endedMs = now();
    this.#fulfil(value);
  }

  #threw(scope: NestedScope, error: unknown): void {
    if (scope !== this.#scope || this.token.isSettled) return;
    this.token.endedMs = now();
    this.#attemptFailed(FAILED, error, false);
  }

  /** Nothing crosses: the items are handed on as they are. @returns what it returns */
  #runGenerator(scope: NestedScope, generator: AnyGenerator): Promise<unknown> {
    const { token } = this;
    const run = this.#stream = new GeneratorRun(
      generator,
      token.operation.window ?? STREAM_WINDOW,
      {
        get isStopped(): boolean {
          return scope.aborted;
        },
        within: (step) => mark!.within(scope, step, []),
        send: (items) => token.isSettled ? undefined : token.stream.receive(items.map(withoutMark)),
        waits: () => {},
        afterTurn: setImmediate,
      },
    );
    return run.run().then((value) => {
      if (!token.isSettled && !token.hasItems) token.stream.receive([]);
      return value;
    });
  }

  // Further attempts.

  #attemptFailed(code: number, error: unknown, isLost: boolean): void {
    const { token } = this;
    if (token.isSettled) return;
    const { retry } = this.#settings;
    if (retry === undefined) return this.#fail(code, error);
    const failed = token.retries?.failed as Attempt[] ?? [];
    const attempt = failed.length + 1;
    const isIdempotent = (this.#definition.policy as DeskPolicy | undefined)?.isIdempotent ?? false;
    // Items that were read cannot be taken back.
    const mayFollow = !movesAny(this.#args) && token.transfer === undefined && !token.hasItems;
    if (!mayFollow || !wantsRetry(retry, isIdempotent, isLost, error, attempt)) {
      return this.#fail(code, finalError(token, error));
    }
    // The owner was asked, and may have ended it.
    if (token.isSettled) return;
    random ??= new RandomSource(Math.random() * 2 ** 32);
    const waitMs = delayMs(retry, attempt, this.#lastDelayMs, random);
    const { deadlineMs } = token.limits;
    const nowMs = now();
    if (deadlineMs !== undefined && token.submittedMs + deadlineMs <= nowMs + waitMs) {
      return this.#fail(code, finalError(token, error));
    }
    this.#lastDelayMs = waitMs;
    failed.push({
      startedMs: Number.isNaN(token.startedMs) ? undefined : token.startedMs,
      endedMs: Number.isNaN(token.endedMs) ? nowMs : token.endedMs,
      error,
    });
    this.#waitForAttempt({ failed }, waitMs, code === TIMEOUT ? error : undefined);
  }

  /** @param reason why what still runs is to stop; undefined when nothing does */
  #waitForAttempt(retries: { failed: Attempt[] }, waitMs: number, reason: unknown): void {
    const { token } = this;
    const scope = this.#scope;
    if (this.#isOutside) {
      this.#isOutside = false;
      this.#children.entered(this.lead, this.#record, true);
    } else this.#children.idles(this.#record, true);
    this.#scope = undefined;
    this.#stream?.stop();
    this.#stream = undefined;
    token.retries = retries;
    token.code = WAITING;
    token.waits = FOR_ITS_ATTEMPT;
    (this.#timers ??= []).push(setTimeout(() => {
      if (token.isSettled) return;
      this.#children.idles(this.#record, false);
      token.waits = FOR_ITS_DESK;
      token.admittedMs = token.startedMs = token.endedMs = NaN;
      this.#start(this.#args, now());
    }, Math.min(waitMs, LONGEST_MS)));
    if (!this.#isEntered) {
      this.#isEntered = true;
      this.#parent.enter(this);
    }
    // Last: listeners are the user's, and find the token waiting.
    scope?.close(reason);
  }

  #limit(limit: TokenLimit, limitMs: number | undefined): void {
    if (limitMs === undefined) return;
    const scope = this.#scope;
    (this.#timers ??= []).push(setTimeout(() => {
      const { token } = this;
      if (token.isSettled) return;
      const error = timeoutError(token.operation, limit, limitMs);
      if (limit === "deadlineMs") return this.#fail(TIMEOUT, finalError(token, error));
      if (limit === "timeoutMs") {
        if (scope === this.#scope) this.#attemptFailed(TIMEOUT, error, false);
      } else if (token.code === WAITING && token.waits === FOR_ARGUMENTS) {
        this.#fail(TIMEOUT, error);
      }
    }, Math.min(limitMs, LONGEST_MS)));
  }

  // Settling.

  #fulfil(value: unknown): void {
    const scope = this.#scope;
    this.#leave(COMPLETED);
    this.token.fulfil(withoutMark(value));
    scope?.close(undefined);
  }

  #fail(code: number, error: unknown): void {
    const { token } = this;
    if (token.isSettled) return;
    const scope = this.#scope;
    const wasOutside = this.#isOutside;
    this.#leave(code);
    token.fail(error, code === KILLED);
    if (wasOutside) this.#children.giveUp(this, error);
    // Last: the listeners are the user's, and find the token settled.
    scope?.close(code === KILLED || code === TIMEOUT ? error : undefined);
    this.#stream?.stop();
  }

  #leave(code: number): void {
    const { token } = this;
    for (const timer of this.#timers ?? NO_TIMERS) clearTimeout(timer);
    if (this.#onSignal !== undefined) token.signal?.removeEventListener("abort", this.#onSignal);
    if (this.#isEntered) this.#parent.leave(this);
    if (this.#isOutside) this.#isOutside = false;
    else {
      const isIdle = token.code === WAITING && token.waits !== FOR_ITS_DESK;
      this.#children.settled(this.lead, this.#record, code, isIdle);
    }
    if (token.code === EXECUTING && Number.isNaN(token.endedMs)) token.endedMs = now();
    token.code = code;
  }
}
