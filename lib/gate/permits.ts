/**
 * A counting limit: so many at once, and no more.
 *
 * Nothing blocks here. Who is refused waits by itself, says so, and is told when to try again. Several gates may share one limit:
 * each is told, in turns, so that none of them always comes last.
 *
 * @module
 */

/** Who waits for permits. */
export interface PermitListener {
  /**
   * There are free permits, and somebody is waiting. May take some at once; it must not throw. Who still lacks some is
   * told again when more are given back.
   */
  permitsFree(): void;
}

/** Permits to be taken and given back. */
export class Permits {
  #limit: number;
  #inUse = 0;
  #waiting = 0;
  /** Replaced, never changed, so that listeners may come and go while they are told. */
  #listeners: readonly PermitListener[] = [];
  #turn = 0;

  /**
   * @param limit how many there are
   * @throws {RangeError} when it is no whole number above zero
   */
  constructor(limit: number) {
    this.#limit = checkLimit(limit);
  }

  /** How many there are. */
  get limit(): number {
    return this.#limit;
  }

  /** How many are taken; after the limit was lowered it may be above it for a while. */
  get inUse(): number {
    return this.#inUse;
  }

  /** How many calls wait for some, as they have said. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether one can be had. */
  get isFree(): boolean {
    return this.#inUse < this.#limit;
  }

  /**
   * Takes permits, all or none.
   *
   * @param n how many; more than there are cannot be had until the limit is raised
   * @returns whether they were free
   */
  tryTake(n: number = 1): boolean {
    if (this.#inUse + n > this.#limit) return false;
    this.#inUse += n;
    return true;
  }

  /** Takes a permit whether there is one or not, for what has begun already. */
  takeAnyway(): void {
    this.#inUse++;
  }

  /**
   * Gives permits back, and tells those who wait.
   *
   * @param n how many
   * @throws {RangeError} when they were not taken
   */
  give(n: number = 1): void {
    if (n > this.#inUse) {
      throw new RangeError(
        `Cannot give ${n} permits back: received more than the ${this.#inUse} taken`,
      );
    }
    this.#inUse -= n;
    this.#tell();
  }

  /**
   * Changes how many there are. Lowered below what is taken, nothing is revoked, and none is given until enough came back.
   *
   * @param limit how many there are from now on
   * @throws {RangeError} when it is no whole number above zero
   */
  resize(limit: number): void {
    this.#limit = checkLimit(limit);
    this.#tell();
  }

  /** A call was refused and waits. For each there is one {@linkcode leave}, whether it got its permit or was ended. */
  wait(): void {
    this.#waiting++;
  }

  /** A call waits no longer. @throws {RangeError} when none was waiting */
  leave(): void {
    if (this.#waiting === 0) throw new RangeError("Cannot leave: received no call that waits");
    this.#waiting--;
  }

  /** Tells a listener from now on when there are free permits and calls that wait for them. @param listener told once, however often it is added */
  listen(listener: PermitListener): void {
    if (!this.#listeners.includes(listener)) this.#listeners = [...this.#listeners, listener];
  }

  /** Tells a listener no longer. @param listener who was told */
  unlisten(listener: PermitListener): void {
    this.#listeners = this.#listeners.filter((it) => it !== listener);
  }

  #tell(): void {
    const listeners = this.#listeners;
    if (this.#waiting === 0 || listeners.length === 0 || !this.isFree) return;
    const first = this.#turn = (this.#turn + 1) % listeners.length;
    for (let i = 0; i < listeners.length && this.isFree; i++) {
      listeners[(first + i) % listeners.length]!.permitsFree();
    }
  }
}

/** @param limit what was passed @returns it @throws {RangeError} when it is no whole number above zero */
function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new RangeError(`Cannot set a limit: received ${limit}, not a whole number above zero`);
}
