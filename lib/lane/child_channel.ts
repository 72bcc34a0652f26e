/**
 * Calls inside of the calls of a thread: what the lane says of them to the gate, and what it is told.
 *
 * @module
 */

import { readSpread, writeOutcome } from "../bridge/child_messages.ts";
import type { ChildOperationName, ChildTally } from "../bridge/child_tally.ts";
import type { ChildCall, ChildOutcome, Lane, LaneEvents } from "../bridge/contract.ts";
import type { ControlBlock } from "../bridge/control_block.ts";
import { CHILD_ANSWERS, CHILD_BACK, type SpreadCall } from "../bridge/protocol.ts";

/** State code of a token that has failed. */
const FAILED_CODE = 4;

/** What it takes to talk of them. */
export interface ChildChannelParts {
  readonly lane: Lane;
  readonly events: LaneEvents;
  readonly control: ControlBlock;
  readonly post: (message: unknown, transfer?: readonly object[]) => void;
}

/** The children of one thread. */
export class ChildChannel {
  readonly #parts: ChildChannelParts;
  /** What the rows of the table of children are for. */
  readonly #names: ChildOperationName[] = [];

  /** @param parts what it takes */
  constructor(parts: ChildChannelParts) {
    this.#parts = parts;
  }

  /** @param row a row of the table of children @param name what it is for */
  setName(row: number, name: ChildOperationName): void {
    this.#names[row] = name;
  }

  /** The lane gives a child to the gate. @param spread how it was sent */
  receive(spread: SpreadCall): void {
    const { events, lane } = this.#parts;
    try {
      events.called(lane, readSpread(spread));
    } catch (error) {
      events.unreadable(lane, spread.id, error);
    }
  }

  /** @param outcomes what became of children that the gate was given */
  answer(outcomes: readonly ChildOutcome[]): void {
    const answers = outcomes.map(writeOutcome);
    try {
      this.#parts.post([CHILD_ANSWERS, ...answers]);
    } catch {
      // Some result came here and cannot go on, such as shared memory to a process: it fails alone.
      for (let i = 0; i < answers.length; i++) this.#answerOne(outcomes[i]!);
    }
  }

  #answerOne(outcome: ChildOutcome): void {
    const { post } = this.#parts;
    try {
      post([CHILD_ANSWERS, writeOutcome(outcome)]);
    } catch (error) {
      post([CHILD_ANSWERS, writeOutcome({ ...outcome, code: FAILED_CODE, value: error })]);
    }
  }

  /** @param call a child that the lane is to run itself */
  return(call: ChildCall): void {
    const { post } = this.#parts;
    // What was moved is here; everything else the lane has kept.
    if (call.moved.length === 0) post([CHILD_BACK, call.id]);
    else post([CHILD_BACK, call.id, call.args], call.moved);
  }

  /** @param tally what is added to @param isOver whether the lane has ended */
  addTo(tally: ChildTally, isOver: boolean): void {
    tally.add(this.#parts.control.children, this.#names, isOver);
  }
}
