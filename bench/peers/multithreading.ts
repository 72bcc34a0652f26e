/**
 * multithreading behind the interface of the comparison. It sends the text of a function to a worker once and lets the
 * following calls overtake it while it loads, so the one function used here is first run on each worker, and each worker
 * imports the table of work once. It always hands memory over, so what is to be cloned is copied first, as a program that wants
 * to keep its data has to do.
 *
 * @module
 */

import type { WorkName } from "../work.ts";
import type { Contender, StartContender } from "./contender.ts";
import { importPackage } from "./locate.ts";

type Outcome = { readonly ok: true; readonly value: unknown } | {
  readonly ok: false;
  readonly error: unknown;
};

interface MultithreadingModule {
  initRuntime(options: { maxWorkers: number }): void;
  shutdown(): void;
  move(...args: readonly unknown[]): readonly unknown[];
  spawn(
    args: readonly unknown[],
    fn: (...args: never[]) => unknown,
  ): { join(): Promise<Outcome> };
}

/** Time for which a first call keeps its worker, so that the next first call goes to another one. */
const PRIMING_MS = 50;

/** Imports multithreading. */
export async function load(): Promise<StartContender> {
  const build = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "default" : "node";
  const { initRuntime, shutdown, move, spawn } = await importPackage<MultithreadingModule>(
    `multithreading/src/${build}/lib.js`,
  );
  const table = new URL("../work.ts", import.meta.url).href;

  async function run(
    args: readonly unknown[],
    fn: (...args: never[]) => unknown,
  ): Promise<unknown> {
    const outcome = await spawn(args, fn).join();
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  return async (lanes: number): Promise<Contender> => {
    initRuntime({ maxWorkers: lanes });
    const eachWorker = Array.from({ length: lanes });
    await Promise.all(eachWorker.map(() => run(move(table), importTable)));
    await Promise.all(eachWorker.map(() => run(move("park", PRIMING_MS, undefined), callByName)));
    return {
      call: (name: WorkName, args) => run(move(name, kept(args[0]), args[1]), callByName),
      callWithTransfer: (name, bytes) => run(move(name, bytes, undefined), callByName),
      close: () => Promise.resolve(shutdown()),
    };
  };
}

function kept(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? (value as Uint8Array).slice() : value;
}

/** Runs in a worker: its text is sent there. */
async function importTable(url: string): Promise<void> {
  const { work } = await import(url);
  Reflect.set(globalThis, "benchWork", work);
}

/** Runs in a worker: its text is sent there. */
function callByName(name: string, first: unknown, second: unknown): unknown {
  const table = Reflect.get(globalThis, "benchWork") as Record<
    string,
    (...args: readonly unknown[]) => unknown
  >;
  return table[name]!(first, second);
}
