/**
 * The hooks of the modules that this lane has imported: `prepare` before the first operation of a module runs, `dispose` before the lane ends on purpose.
 *
 * @module
 */

import { importModule } from "../lib/import_module.ts";
import { declaredLifecycles, type Lifecycle } from "../lib/registry.ts";

/** Those whose `prepare` has come to its end, or that have none, in that order; each with the URL of its module. */
const prepared: Map<Lifecycle, string> = new Map();
/** By module: the hooks that came with its import, its own included. */
const parts: Map<string, ReadonlyMap<Lifecycle, string>> = new Map();
/** The hooks that came with some module. In a bundle there are others at first: the lane has begun with the modules of the user. */
const known: Set<Lifecycle> = new Set();

let onDisposable: (() => void) | undefined;

/** @param tell called once, when there is something to dispose of */
export function whenDisposable(tell: () => void): void {
  onDisposable = tell;
}

/**
 * Imports a module, and notes which hooks came with it: one operation may call those of another module, which nobody loads by itself.
 *
 * @param url URL of the module
 * @returns what it exports
 */
export async function importWithHooks(url: string): Promise<object> {
  const exports = await importModule(url);
  if (parts.has(url)) return exports;
  const found = new Map<Lifecycle, string>();
  for (const [origin, lifecycles] of declaredLifecycles()) {
    for (const lifecycle of lifecycles) {
      if (origin !== url && known.has(lifecycle)) continue;
      found.set(lifecycle, origin);
      known.add(lifecycle);
    }
  }
  parts.set(url, found);
  return exports;
}

/**
 * Runs the `prepare` hooks that have not been run, of a module and of what was imported with it: what a module imports comes first.
 *
 * @param url URL of the module
 * @throws {unknown} what a hook throws; it is run again the next time
 */
export async function prepareModule(url: string): Promise<void> {
  for (const [lifecycle, origin] of parts.get(url) ?? []) {
    if (prepared.has(lifecycle)) continue;
    await lifecycle.prepare?.();
    prepared.set(lifecycle, origin);
    if (lifecycle.dispose === undefined) continue;
    onDisposable?.();
    onDisposable = undefined;
  }
}

/**
 * Runs the `dispose` hooks, the last prepared first, one after the other.
 *
 * @param timeoutMs how long all of them may take, in ms
 * @returns what went wrong
 */
export async function disposeModules(timeoutMs: number): Promise<Error[]> {
  const untilMs = performance.now() + timeoutMs;
  const failures: Error[] = [];
  for (const [{ dispose }, url] of [...prepared].reverse()) {
    if (dispose === undefined) continue;
    try {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error("it was not begun: no time was left");
      await inTime(dispose(), leftMs, timeoutMs);
    } catch (cause) {
      failures.push(new Error(`Cannot dispose of ${url} in its lane`, { cause }));
    }
  }
  prepared.clear();
  return failures;
}

function inTime(work: unknown, leftMs: number, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it took longer than disposeTimeoutMs, ${timeoutMs} ms`)),
      Math.min(leftMs, 2 ** 31 - 1),
    );
    Promise.resolve(work).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
