/**
 * A fingerprint of a value by its structure: the same for values that are built alike, mostly another one for others. It says where a call goes, not that two values are equal: those
 * that have the same fingerprint and are not equal go to the same lane, which does no harm.
 *
 * It has a budget, so that it takes no longer for a value of a gigabyte than for one of a kilobyte: it goes some steps deep, looks at so many values, and writes so much. What is
 * beyond is left out. Of arrays, typed arrays and buffers it takes the kind, the length, and the type of what is in them; of a map or a set the kind and the size: not what they hold; of an object with many fields how many they are.
 * Of long texts it takes the length, the beginning and the end.
 *
 * @module
 */

/** How deep it looks. */
const MOST_DEPTH = 4;
/** How many values it looks at. */
const MOST_VALUES = 64;
/** How long it gets, about, in characters. */
const MOST_LENGTH = 1_024;
/** How much of each end of a long text is taken, in characters. */
const TEXT_END = 64;

/**
 * @param value any value
 * @returns its fingerprint, some 1,200 characters long at most
 * @throws what an accessor in it throws
 */
export function fingerprint(value: unknown): string {
  const writer = new Writer();
  writer.write(value, 0);
  return writer.text;
}

class Writer {
  text = "";
  #values = 0;

  write(value: unknown, depth: number): void {
    if (++this.#values > MOST_VALUES || this.text.length > MOST_LENGTH) return;
    switch (typeof value) {
      case "string":
        return this.#add(textOf(value));
      case "number":
        return this.#add(Object.is(value, -0) ? "n-0" : `n${value}`);
      case "bigint":
        return this.#add(`i${textOf(String(value))}`);
      case "object":
        return value === null ? this.#add("null") : this.#object(value, depth);
      case "function":
        // One cannot cross to a lane; sending it says so.
        return this.#add("function");
      default:
        return this.#add(String(value));
    }
  }

  #object(value: object, depth: number): void {
    const kind = kindOf(value);
    if (Array.isArray(value)) return this.#add(`${kind}(${value.length} ${typeOf(value[0])})`);
    if (ArrayBuffer.isView(value)) {
      const { length = value.byteLength } = value as { readonly length?: number };
      return this.#add(`${kind}(${length})`);
    }
    if (value instanceof Date) return this.#add(`Date(${value.getTime()})`);
    if (value instanceof RegExp) return this.#add(textOf(String(value)));
    const { size, byteLength = size } = value as { readonly [name: string]: unknown };
    if (typeof byteLength === "number" && !isPlain(value)) {
      return this.#add(`${kind}(${byteLength})`);
    }
    if (depth === MOST_DEPTH) return this.#add(kind);
    this.#fields(value, kind, depth);
  }

  /** In the order of their names: two objects that were built in another order are alike. */
  #fields(value: object, kind: string, depth: number): void {
    const names = Object.keys(value);
    if (names.length > MOST_VALUES) return this.#add(`${kind}{${names.length}}`);
    this.#add(`${kind}{`);
    for (const name of names.sort()) {
      if (this.#values >= MOST_VALUES) break;
      this.#add(`${textOf(name)}:`);
      this.write((value as Record<string, unknown>)[name], depth + 1);
    }
    this.#add("}");
  }

  #add(text: string): void {
    this.text += text;
  }
}

function textOf(text: string): string {
  if (text.length <= 2 * TEXT_END) return JSON.stringify(text);
  return `${text.length}${JSON.stringify(text.slice(0, TEXT_END) + text.slice(-TEXT_END))}`;
}

function typeOf(value: unknown): string {
  return typeof value === "object" && value !== null ? kindOf(value) : typeof value;
}

/** What it is, for the same kind of value always the same. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
