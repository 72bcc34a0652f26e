/** poolifier behind the interface of the comparison. @module */

import { fileURLToPath } from "node:url";
import type { Contender, StartContender } from "./contender.ts";
import { importPackage } from "./locate.ts";

interface FixedThreadPool {
  execute(
    data: unknown,
    name: string,
    signal?: AbortSignal,
    transferList?: readonly ArrayBuffer[],
  ): Promise<unknown>;
  destroy(): Promise<void>;
}

interface PoolifierModule {
  readonly FixedThreadPool: new (
    lanes: number,
    filePath: string,
    options: object,
  ) => FixedThreadPool;
}

/** Imports poolifier. */
export async function load(): Promise<StartContender> {
  const { FixedThreadPool } = await importPackage<PoolifierModule>("poolifier/lib/index.mjs");
  return (lanes: number): Contender => {
    const worker = fileURLToPath(new URL("./poolifier_worker.ts", import.meta.url));
    const pool = new FixedThreadPool(lanes, worker, {
      workerChoiceStrategy: "ROUND_ROBIN",
      enableEvents: false,
    });
    return {
      call: (name, args) => pool.execute(args, name),
      callWithTransfer: (name, bytes) => pool.execute([bytes], name, undefined, [bytes.buffer]),
      close: () => pool.destroy(),
    };
  };
}
