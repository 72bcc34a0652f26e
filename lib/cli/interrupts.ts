/**
 * Ctrl-C, and the signal by which a service is told to end.
 *
 * @module
 */

import process from "node:process";
import { INTERRUPTED, TERMINATED } from "./exit_code.ts";

/** The signals that are listened to; Windows has only the first. */
const SIGNALS: readonly ("SIGINT" | "SIGTERM")[] = process.platform === "win32"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/**
 * Listens to interruptions, which do not end the process while somebody listens.
 *
 * @param heard called at each of them, with their number so far, and the exit code of a process that ends for it
 * @returns ends listening
 */
export function listenToInterrupts(heard: (count: number, code: number) => void): () => void {
  let count = 0;
  const listener = (signal: string): void =>
    heard(++count, signal === "SIGTERM" ? TERMINATED : INTERRUPTED);
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
