/**
 * Being told when a signal aborts. However many are told, a signal is listened to once: Node warns of more than ten listeners.
 *
 * @module
 */

interface Watch {
  readonly tasks: Set<() => void>;
  readonly listener: () => void;
}

const watches: WeakMap<AbortSignal, Watch> = new WeakMap();

/**
 * @param signals signals, or nothing in the place of one
 * @param task called with the reason of the first that aborts; at once when one has
 * @returns ends the watch
 */
export function watchAborts(
  signals: readonly (AbortSignal | undefined)[],
  task: (reason: unknown) => void,
): () => void {
  const ends: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) {
      task(signal.reason);
      break;
    }
    ends.push(watch(signal, () => task(signal.reason)));
  }
  return () => {
    for (const end of ends) end();
  };
}

function watch(signal: AbortSignal, task: () => void): () => void {
  const known = watches.get(signal) ?? begin(signal);
  const { tasks, listener } = known;
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size > 0 || watches.get(signal) !== known) return;
    watches.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function begin(signal: AbortSignal): Watch {
  const tasks: Set<() => void> = new Set();
  const listener = (): void => {
    watches.delete(signal);
    for (const task of tasks) task();
  };
  const watch = { tasks, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener, { once: true });
  return watch;
}
