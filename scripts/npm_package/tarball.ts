/**
 * Reads a packed npm package, without any program that unpacks.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";

/** One file of a package. */
export interface PackedFile {
  /** Its path in the package, with slashes. */
  path: string;
  /** Its content. */
  bytes: Uint8Array;
}

const BLOCK = 512;
const REGULAR = ["0", "\0", ""];
const EXTENDED = "x";

/**
 * Reads a `.tgz` as npm writes it.
 *
 * @param file path of the tarball
 * @returns its files, in the order they are in
 * @throws {Error} when it is no such tarball
 */
export async function readTarball(file: string): Promise<PackedFile[]> {
  return parseTarball(await Deno.readFile(file));
}

/**
 * Reads the bytes of a `.tgz` as npm writes it.
 *
 * @param packed the bytes
 * @returns its files, in the order they are in
 * @throws {Error} when it is no such tarball
 */
export function parseTarball(packed: Uint8Array): PackedFile[] {
  const bytes = new Uint8Array(gunzipSync(packed));
  const files: PackedFile[] = [];
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8);
    if (!Number.isInteger(size)) throw new Error("Cannot read a tarball: it is none");
    const content = bytes.slice(at + BLOCK, at + BLOCK + size);
    const kind = field(header, 156, 1);
    if (kind === EXTENDED) longPath = pathOf(new TextDecoder().decode(content));
    else {
      const prefix = field(header, 345, 155);
      const path = longPath ?? (prefix === "" ? "" : `${prefix}/`) + field(header, 0, 100);
      longPath = undefined;
      // npm puts everything into a folder called "package".
      if (REGULAR.includes(kind)) {
        files.push({ path: path.replace(/^[^/]+\//, ""), bytes: content });
      }
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(header: Uint8Array, at: number, length: number): string {
  const text = new TextDecoder().decode(header.subarray(at, at + length));
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)).trim();
}

/** The path that an extended header gives to the next file, if it does. */
function pathOf(records: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)/.exec(records)?.[1];
}
