/**
 * The hooks of the modules that this lane has imported: `prepare` before the first operation of a module runs, `dispose` before the lane ends on purpose.
 *
 * @module
 */

import { declaredLifecycles, type Lifecycle } from "../lib/registry.ts";

/** The modules whose `prepare` has come to its end, or that have none, in that order. */
const prepared: Map<string, Lifecycle> = new Map();
/** By module: the modules that came with its import, itself included, and have hooks. */
const parts: Map<string, readonly string[]> = new Map();

let onDisposable: (() => void) | undefined;

/** @param tell called once, when there is something to dispose of */
export function whenDisposable(tell: () => void): void {
  onDisposable = tell;
}

/**
 * Imports a module, and notes which modules with hooks came with it: one operation may call those of another module, which nobody loads by itself.
 *
 * @param url URL of the module
 * @returns what it exports
 */
export async function importModule(url: string): Promise<object> {
  const known = new Set(declaredLifecycles().keys());
  const exports: object = await import(url);
  if (parts.has(url)) return exports;
  const found = [...declaredLifecycles().keys()].filter((it) => it === url || !known.has(it));
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
  for (const part of parts.get(url) ?? []) {
    const lifecycle = declaredLifecycles().get(part)!;
    if (prepared.has(part)) continue;
    await lifecycle.prepare?.();
    prepared.set(part, lifecycle);
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
  for (const [url, { dispose }] of [...prepared].reverse()) {
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
