/**
 * Who is compared: the plain loop, the ceiling, ours, and the peers at their best settings.
 *
 * @module
 */

/** A peer: its name is that of its npm package and of its file in `peers/`. */
export type PeerName =
  | "piscina"
  | "tinypool"
  | "poolifier"
  | "workerpool"
  | "comlink"
  | "multithreading";

/** The name of a contender. */
export type ContenderName = "loop" | "ceiling" | "tokengate" | PeerName;

/** All peers. */
export const PEER_NAMES: readonly PeerName[] = [
  "piscina",
  "tinypool",
  "poolifier",
  "workerpool",
  "comlink",
  "multithreading",
];

/** What is said of a contender in a report: its settings, and why these. */
export const SETTINGS: Readonly<Record<ContenderName, string>> = {
  loop: "the same calls one after the other in the submitting thread",
  ceiling:
    "plain workers that run a balanced share of the same calls and keep the results: one message starts them, one tells the end",
  tokengate: "a gate with default settings; all lanes started",
  piscina:
    "concurrentTasksPerWorker 64, atomics sync: several tasks wait at a worker, which sleeps in Atomics.wait between them",
  tinypool:
    "concurrentTasksPerWorker 64: with its default of 1 it is slower, and hangs on Deno in a burst",
  poolifier: "fixed pool, ROUND_ROBIN, no queue, no events: the fastest of its settings",
  workerpool:
    "workerType thread, on Bun web, where a thread never answers; it has no setting for several tasks at a worker",
  comlink:
    "round robin over one proxy per worker, since it has no pool; web workers on Deno and Bun, which are faster there",
  multithreading:
    "one function, first run on each worker, since calls overtake the loading of a new one; what is to be cloned is copied first, since it always moves memory",
};
