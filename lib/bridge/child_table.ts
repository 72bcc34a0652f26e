/**
 * What a lane tells of the calls that run inside of its calls: a table in memory that the gate can read at any time, so that counting a child costs the lane two
 * numbers and no message. A lane that is lost leaves it behind, and the gate counts what had not ended.
 *
 * A row for each operation that was called so, and a short list of the calls whose children have not all settled. Plain writes by the lane alone; the gate reads figures
 * that are right by themselves, and may see one a moment before another.
 *
 * @module
 */

/** Columns of a row: what the calls of one operation have come to. `ENTERED` counts all of them, `IDLE` those that wait for arguments or a further attempt now. */
export const ENTERED: number = 0;
export const IDLE: number = 1;
export const RETURNED_WELL: number = 2;
export const FAILED_HERE: number = 3;
export const KILLED_HERE: number = 4;
export const TIMED_OUT: number = 5;
const COLUMNS = 6;

/** The operations of a lane that have a row of their own; the last row is for all others. */
export const CHILD_ROWS: number = 64;
/** So many calls with children are listed at once; of further ones the children are counted, but not by whose they are. */
const LEADS = 16;
/** Of a lead: its token's id, and how many children have not settled; the place is free when none are left. */
const LEAD_FIELDS = 2;
const LEAD_DOUBLES = LEADS * LEAD_FIELDS;

/** Bytes of a table. */
export const CHILD_TABLE_BYTES: number = (LEAD_DOUBLES + CHILD_ROWS * COLUMNS) * 8;

/** A call whose children have not all settled. */
export interface LeadChildren {
  /** Id of its token. */
  readonly id: number;
  /** How many of its children, and of theirs, run in its lane, or wait there. */
  readonly live: number;
}

/** One lane's table; both sides hold one of these over the same memory, or each its own copy. */
export class ChildTable {
  readonly #doubles: Float64Array;
  /** How many rows are in use, as far as this side has written. */
  #rows = 0;
  /** Changes with each write of this side. */
  version = 0;

  /** @param memory where it is @param byteOffset where it begins there */
  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.#doubles = new Float64Array(memory, byteOffset, CHILD_TABLE_BYTES / 8);
  }

  // The lane's side.

  /** Adds to a column of an operation's row. */
  add(row: number, column: number, change: number): void {
    const at = LEAD_DOUBLES + row * COLUMNS + column;
    this.#doubles[at] = this.#doubles[at]! + change;
    if (row >= this.#rows) this.#rows = row + 1;
    this.version++;
  }

  /** Lists a call that has its first child. @returns its place in the list; -1 when that is full */
  open(id: number): number {
    for (let place = 0; place < LEADS; place++) {
      const at = place * LEAD_FIELDS;
      if (this.#doubles[at + 1] !== 0) continue;
      this.#doubles[at] = id;
      this.#doubles[at + 1] = 1;
      this.version++;
      return place;
    }
    return -1;
  }

  /** Changes how many children a listed call has. Its place is free when none are left. */
  addLive(place: number, change: number): void {
    const at = place * LEAD_FIELDS + 1;
    this.#doubles[at] = this.#doubles[at]! + change;
    this.version++;
  }

  /** @returns what there is in it, to be {@linkcode ChildTable.restore}d on a side that shares no memory with this one */
  snapshot(): Float64Array {
    return this.#doubles.slice(0, LEAD_DOUBLES + this.#rows * COLUMNS);
  }

  // The gate's side.

  /** Takes over a snapshot. */
  restore(snapshot: Float64Array): void {
    this.#doubles.set(snapshot);
  }

  /** @returns a figure of a row */
  read(row: number, column: number): number {
    return this.#doubles[LEAD_DOUBLES + row * COLUMNS + column]!;
  }

  /** @returns the calls that have children now */
  leads(): LeadChildren[] {
    const leads: LeadChildren[] = [];
    for (let at = 0; at < LEAD_DOUBLES; at += LEAD_FIELDS) {
      const live = this.#doubles[at + 1]!;
      if (live > 0) leads.push({ id: this.#doubles[at]!, live });
    }
    return leads;
  }
}
