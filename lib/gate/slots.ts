/**
 * The slots that weighty calls have while they are in lanes: one for each lane that they may be in. A call takes as many as its weight says before it is given to a lane, and
 * gives them back when it leaves it.
 *
 * One call alone is always let in, however many slots it asks for, or it would wait for ever.
 *
 * @module
 */

import type { CallWeight } from "../call_token.ts";
import type { WeightPolicy } from "./weight_policy.ts";

/** The slots of the lanes of one kind. */
export class Slots {
  /** Taken by heavy calls. */
  heavy = 0;
  /** Taken by medium calls. */
  medium = 0;
  /** Whether there was ever a call that is not light. */
  isUsed = false;
  readonly #policy: WeightPolicy;
  #lanes = 0;
  #mostHeavy = 0;
  #most = 0;

  /** @param policy says how many there are */
  constructor(policy: WeightPolicy) {
    this.#policy = policy;
  }

  /** How many lanes there are by which it counts. */
  get lanes(): number {
    return this.#lanes;
  }

  /** There are so many lanes now. What is in lanes stays there, when there are fewer. */
  resize(lanes: number): void {
    if (lanes === this.#lanes) return;
    this.#lanes = lanes;
    this.#mostHeavy = this.#policy.heavyLanes(lanes);
    this.#most = this.#policy.mediumLanes(lanes);
  }

  /** Whether a call of this weight can be let in. */
  has(weight: CallWeight): boolean {
    return this.hasShared(weight) && (!weight.isHeavy || this.#hasHeavy(weight.slots));
  }

  /** Whether there is room for it among all weighty calls; where there is none, medium ones that go on would keep a heavy one waiting. */
  hasShared({ slots }: CallWeight): boolean {
    const taken = this.heavy + this.medium;
    return taken === 0 || taken + slots <= this.#most;
  }

  /** A call is let in. */
  take({ isHeavy, slots }: CallWeight): void {
    if (isHeavy) this.heavy += slots;
    else this.medium += slots;
  }

  /** A call that was let in has left. */
  give({ isHeavy, slots }: CallWeight): void {
    if (isHeavy) this.heavy -= slots;
    else this.medium -= slots;
  }

  #hasHeavy(slots: number): boolean {
    return this.heavy === 0 || this.heavy + slots <= this.#mostHeavy;
  }
}
