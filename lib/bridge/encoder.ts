// temporary
export const NOT_TAKEN: number = -1;
export const NO_ROOM: number = -2;
const enc = new TextEncoder();
function ok(v: unknown, d: number): boolean {
  if (v === null || typeof v === "boolean" || typeof v === "string") return true;
  if (typeof v === "number") return Number.isFinite(v) && !Object.is(v, -0);
  if (Array.isArray(v) && d < 3 && Object.getPrototypeOf(v) === Array.prototype && Object.keys(v).length === v.length) return v.every((x) => ok(x, d + 1));
  return false;
}
export class Encoder {
  #b: Uint8Array;
  constructor(memory: ArrayBufferLike) { this.#b = new Uint8Array(memory); }
  encode(value: unknown, start: number, end: number): number {
    if (value === undefined) return 0;
    if (!ok(value, 0)) return NOT_TAKEN;
    const bytes = enc.encode(JSON.stringify(value));
    if (bytes.length > end - start) return NO_ROOM;
    this.#b.set(bytes, start);
    return bytes.length;
  }
  encodeList(values: readonly unknown[], start: number, end: number): number { return this.encode(values, start, end); }
}
