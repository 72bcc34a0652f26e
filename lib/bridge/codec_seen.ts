/**
 * The objects met so far in one value: a clone keeps the identity of one that comes twice, and bytes cannot.
 *
 * @module
 */

/** How many objects are looked through one by one. A set costs more until then, most of all on V8. */
const FEW = 32;

/** The objects of one value or list. */
export class SeenObjects {
  readonly #few: (object | undefined)[] = new Array<object | undefined>(FEW).fill(undefined);
  #count = 0;
  #many: Set<object> | undefined;

  /** @returns false when the object was there already */
  add(object: object): boolean {
    const many = this.#many;
    if (many !== undefined) return many.size !== many.add(object).size;
    const few = this.#few;
    const count = this.#count;
    for (let i = 0; i < count; i++) if (few[i] === object) return false;
    if (count === FEW) {
      this.#many = new Set(few as object[]).add(object);
    } else {
      few[count] = object;
      this.#count = count + 1;
    }
    return true;
  }

  /** Forgets them all. */
  clear(): void {
    const few = this.#few;
    for (let i = this.#count - 1; i >= 0; i--) few[i] = undefined;
    this.#count = 0;
    this.#many = undefined;
  }
}
