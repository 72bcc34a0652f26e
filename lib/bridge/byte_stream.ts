/**
 * Records in a stream of bytes, as between a gate and a process lane: each a header of two words, its length and what it is, and so many bytes. Chunks come as the
 * pipe likes to cut them; what is put together again is handed on as a buffer of its own, where frames can be read at multiples of eight bytes.
 *
 * @module
 */

/** Bytes of the header of a record. */
export const RECORD_HEADER_BYTES: number = 8;
/** No record is longer: a length beyond this is no length, but the middle of something. In bytes. */
export const MOST_RECORD_BYTES: number = 2 ** 30;

/** What a record holds. */
export const MESSAGE: number = 1;
export const FRAME: number = 2;
/** A call starts: slot and time as two doubles. */
export const START: number = 3;
/** A call has come to its end: slot and time as two doubles. */
export const END: number = 4;
/** How large the heap is, in bytes, as the second of two doubles. */
export const HEAP: number = 5;
/** What the lane tells of the calls inside of its calls: the doubles of a table. */
export const CHILDREN: number = 6;

/**
 * @param kind what the record holds @param bytes its contents
 * @returns the record
 * @throws {RangeError} when there are too many of them for one
 */
export function makeRecord(kind: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > MOST_RECORD_BYTES) {
    throw new RangeError(
      `Cannot send ${bytes.length} bytes at once to a process: no more than ${MOST_RECORD_BYTES} go`,
    );
  }
  const record = new Uint8Array(RECORD_HEADER_BYTES + bytes.length);
  const header = new DataView(record.buffer);
  header.setUint32(0, bytes.length, true);
  header.setUint32(4, kind, true);
  record.set(bytes, RECORD_HEADER_BYTES);
  return record;
}

/** Puts records together again. */
export class RecordReader {
  readonly #onRecord: (kind: number, bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #header: Uint8Array = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #view: DataView = new DataView(this.#header.buffer);
  #headerBytes = 0;
  #kind = 0;
  #record: Uint8Array<ArrayBuffer> | undefined;
  #recordBytes = 0;

  /** @param onRecord called with each record, and a buffer that is its own */
  constructor(onRecord: (kind: number, bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#onRecord = onRecord;
  }

  /** Whether the stream may end here. */
  get isWhole(): boolean {
    return this.#headerBytes === 0;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param chunk the bytes; not kept
   * @throws {RangeError} when they are no records; nothing that follows can be read
   */
  add(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#record === undefined) {
        const count = Math.min(RECORD_HEADER_BYTES - this.#headerBytes, chunk.length - at);
        this.#header.set(chunk.subarray(at, at + count), this.#headerBytes);
        this.#headerBytes += count;
        at += count;
        if (this.#headerBytes < RECORD_HEADER_BYTES) return;
        this.#begin();
      } else {
        const count = Math.min(this.#record.length - this.#recordBytes, chunk.length - at);
        this.#record.set(chunk.subarray(at, at + count), this.#recordBytes);
        this.#recordBytes += count;
        at += count;
      }
      if (this.#record !== undefined && this.#recordBytes === this.#record.length) this.#end();
    }
  }

  #begin(): void {
    const length = this.#view.getUint32(0, true);
    this.#kind = this.#view.getUint32(4, true);
    if (length > MOST_RECORD_BYTES || this.#kind < MESSAGE || this.#kind > CHILDREN) {
      throw new RangeError(
        `Cannot read what a process sent: received a record of kind ${this.#kind} with ${length} bytes`,
      );
    }
    this.#record = new Uint8Array(length);
    this.#recordBytes = 0;
  }

  #end(): void {
    const record = this.#record!;
    this.#record = undefined;
    this.#headerBytes = 0;
    this.#onRecord(this.#kind, record);
  }
}
