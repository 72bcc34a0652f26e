/**
 * The queue of one operation: an intake for each priority among its tokens, so that each is in order by itself, and none has to look for its place.
 *
 * Nearly always there is one, and it costs a comparison.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import { Intake } from "./intake.ts";

interface Level {
  readonly priority: number;
  readonly intake: Intake;
}

/** Tokens that wait for a lane. */
export class LevelQueue {
  /** Those with tokens, the highest first; one that has none may be left for the next token. */
  #levels: Level[] = [];
  #size = 0;

  /** How many tokens wait. */
  get size(): number {
    return this.#size;
  }

  /** The token that is next: the one with the least sequence. */
  get first(): CallToken | undefined {
    const levels = this.#levels;
    let first = levels.length > 0 ? levels[0]!.intake.first : undefined;
    for (let i = 1; i < levels.length; i++) {
      const other = levels[i]!.intake.first;
      if (first === undefined || (other !== undefined && other.sequence < first.sequence)) {
        first = other;
      }
    }
    return first;
  }

  /** The token that can be done without first: the oldest one of the lowest priority. */
  get least(): CallToken | undefined {
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const { first } = this.#levels[i]!.intake;
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The token that has waited longest, whatever its priority. */
  get oldest(): CallToken | undefined {
    let oldest: CallToken | undefined;
    for (const { intake } of this.#levels) {
      const { first } = intake;
      if (first === undefined) continue;
      if (oldest === undefined || first.submittedMs < oldest.submittedMs) oldest = first;
    }
    return oldest;
  }

  /** @returns the tokens, level by level; a copy, so that they may leave meanwhile */
  tokens(): CallToken[] {
    const tokens: CallToken[] = [];
    for (const { intake } of this.#levels) {
      for (let token = intake.first; token !== undefined; token = token.next) tokens.push(token);
    }
    return tokens;
  }

  /** Puts a token at the end of its priority. */
  push(token: CallToken): void {
    this.#intakeOf(token).push(token);
    this.#size++;
  }

  /** Puts a token where it belongs that was taken back from a lane; see {@linkcode Intake.insert}. */
  insert(token: CallToken): void {
    this.#intakeOf(token).insert(token);
    this.#size++;
  }

  /** Takes a token that is here. */
  remove(token: CallToken): void {
    const intake = this.#intakeOf(token);
    intake.remove(token);
    this.#size--;
    // Priorities may be any numbers: what was used once is not kept.
    if (intake.size > 0 || this.#levels.length === 1) return;
    this.#levels = this.#levels.filter((level) => level.intake.size > 0);
  }

  #intakeOf(token: CallToken): Intake {
    const { priority } = token.limits;
    const levels = this.#levels;
    let i = 0;
    while (i < levels.length && levels[i]!.priority > priority) i++;
    const level = levels[i];
    if (level?.priority === priority) return level.intake;
    const intake = new Intake();
    if (level?.intake.size === 0) levels[i] = { priority, intake };
    else levels.splice(i, 0, { priority, intake });
    return intake;
  }
}
