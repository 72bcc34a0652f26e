/** tinypool behind the interface of the comparison. @module */

import type { Contender, StartContender } from "./contender.ts";
import { importPackage } from "./locate.ts";

interface RunOptions {
  readonly name: string;
  readonly transferList?: readonly ArrayBuffer[];
}

interface Tinypool {
  run(task: unknown, options: RunOptions): Promise<unknown>;
  destroy(): Promise<void>;
}

interface TinypoolModule {
  readonly Tinypool: new (options: object) => Tinypool;
}

/** Imports tinypool. */
export async function load(): Promise<StartContender> {
  const { Tinypool } = await importPackage<TinypoolModule>("tinypool/dist/index.js");
  return (lanes: number): Contender => {
    const pool = new Tinypool({
      filename: new URL("./piscina_worker.ts", import.meta.url).href,
      minThreads: lanes,
      maxThreads: lanes,
      concurrentTasksPerWorker: 64,
      maxQueue: Infinity,
    });
    return {
      call: (name, args) => pool.run(args, { name }),
      callWithTransfer: (name, bytes) => pool.run([bytes], { name, transferList: [bytes.buffer] }),
      close: () => pool.destroy(),
    };
  };
}
