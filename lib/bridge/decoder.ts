// temporary
const dec = new TextDecoder();
export class Decoder {
  #b: Uint8Array;
  constructor(memory: ArrayBufferLike) { this.#b = new Uint8Array(memory); }
  decode(start: number, end: number): unknown { return start === end ? undefined : JSON.parse(dec.decode(this.#b.slice(start, end))); }
  decodeList(start: number, end: number): unknown[] { return this.decode(start, end) as unknown[]; }
}
