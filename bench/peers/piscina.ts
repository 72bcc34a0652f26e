/** piscina behind the interface of the comparison. @module */

import type { Contender, StartContender } from "./contender.ts";
import { requirePackage } from "./locate.ts";

interface RunOptions {
  readonly name: string;
  readonly transferList?: readonly ArrayBuffer[];
}

interface Piscina {
  run(task: unknown, options: RunOptions): Promise<unknown>;
  destroy(): Promise<void>;
}

interface PiscinaModule {
  readonly Piscina: new (options: object) => Piscina;
}

/** Imports piscina. */
export function load(): StartContender {
  const { Piscina } = requirePackage<PiscinaModule>("piscina/dist/main.js");
  return (lanes: number): Contender => {
    const pool = new Piscina({
      filename: new URL("./piscina_worker.ts", import.meta.url).href,
      minThreads: lanes,
      maxThreads: lanes,
      concurrentTasksPerWorker: 64,
      atomics: "sync",
      maxQueue: Infinity,
    });
    return {
      call: (name, args) => pool.run(args, { name }),
      callWithTransfer: (name, bytes) => pool.run([bytes], { name, transferList: [bytes.buffer] }),
      close: () => pool.destroy(),
    };
  };
}
