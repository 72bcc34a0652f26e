/**
 * Where things are, and the two ways a script speaks.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** Absolute path of the repository's root, without a trailing separator. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]+$/, "");

/** Absolute path of the ignored folder that holds the installed runtimes. */
export const RUNTIMES_FOLDER: string = fileURLToPath(new URL("../.runtimes", import.meta.url));

/** Absolute path of the import map that replaces what cannot be fetched. */
export const STAND_IN_IMPORT_MAP: string = fileURLToPath(
  new URL("./offline/import_map.json", import.meta.url),
);

/** Receives one line of progress, without its line break. */
export type Report = (line: string) => void;

const encoder = new TextEncoder();

/** Writes one line of results to the standard output. */
export function say(line: string): void {
  writeAll(Deno.stdout, line);
}

/** Writes one line of progress or complaint to the standard error. */
export function note(line: string): void {
  writeAll(Deno.stderr, line);
}

// writeSync may write a part only, when the other end is a pipe that is full.
function writeAll(to: { writeSync(bytes: Uint8Array): number }, line: string): void {
  let rest = encoder.encode(`${line}\n`);
  while (rest.length > 0) rest = rest.subarray(to.writeSync(rest));
}
