/**
 * comlink behind the interface of the comparison. It has no pool, so its calls go round robin over its workers. Where there is
 * a web `Worker` it is used: on Deno that carries bytes far faster, and on Bun it answers sooner.
 *
 * @module
 */

import { Worker as NodeWorker } from "node:worker_threads";
import type { WorkName } from "../work.ts";
import type { Contender, StartContender } from "./contender.ts";
import { importPackage } from "./locate.ts";

type Remote = Readonly<Record<WorkName, (...args: readonly unknown[]) => Promise<unknown>>>;

interface ComlinkModule {
  wrap(endpoint: object): Remote;
  transfer<T>(value: T, list: readonly ArrayBuffer[]): T;
}

interface AdapterModule {
  default(endpoint: object): object;
}

interface AnyWorker {
  terminate(): unknown;
}

type WebWorkerClass = new (url: URL, options: { type: "module" }) => AnyWorker;

const ENTRY = new URL("./comlink_worker.ts", import.meta.url);

/** Imports comlink. */
export async function load(): Promise<StartContender> {
  const comlink = await importPackage<ComlinkModule>("comlink/dist/esm/comlink.mjs");
  const { default: endpointOf } = await importPackage<AdapterModule>(
    "comlink/dist/esm/node-adapter.mjs",
  );
  const WebWorker = Reflect.get(globalThis, "Worker") as WebWorkerClass | undefined;
  return (lanes: number): Contender => {
    const workers: AnyWorker[] = [];
    const remotes: Remote[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const isWeb = WebWorker !== undefined;
      const worker = isWeb ? new WebWorker(ENTRY, { type: "module" }) : new NodeWorker(ENTRY);
      workers.push(worker);
      remotes.push(comlink.wrap(isWeb ? worker : endpointOf(worker)));
    }
    let turn = 0;
    const next = (): Remote => remotes[turn++ % lanes]!;
    return {
      call: (name, args) => next()[name](...args),
      callWithTransfer: (name, bytes) => next()[name](comlink.transfer(bytes, [bytes.buffer])),
      close: () => Promise.all(workers.map((worker) => worker.terminate())),
    };
  };
}
