/** comlink behind the interface of the comparison: it has no pool, so its calls go round robin over its workers. @module */

import { Worker } from "node:worker_threads";
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

/** Imports comlink. */
export async function load(): Promise<StartContender> {
  const comlink = await importPackage<ComlinkModule>("comlink/dist/esm/comlink.mjs");
  const { default: endpointOf } = await importPackage<AdapterModule>(
    "comlink/dist/esm/node-adapter.mjs",
  );
  return (lanes: number): Contender => {
    const workers: Worker[] = [];
    const remotes: Remote[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const worker = new Worker(new URL("./comlink_worker.ts", import.meta.url));
      workers.push(worker);
      remotes.push(comlink.wrap(endpointOf(worker)));
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
