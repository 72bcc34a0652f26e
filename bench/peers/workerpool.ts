/** workerpool behind the interface of the comparison. @module */

import { fileURLToPath } from "node:url";
import type { Contender, StartContender } from "./contender.ts";
import { requirePackage } from "./locate.ts";

interface ExecOptions {
  readonly transfer?: readonly ArrayBuffer[];
}

interface Pool {
  exec(name: string, args: readonly unknown[], options?: ExecOptions): Promise<unknown>;
  terminate(force?: boolean): Promise<unknown>;
}

interface WorkerpoolModule {
  pool(script: string, options: object): Pool;
}

/** Imports workerpool. */
export function load(): StartContender {
  const workerpool = requirePackage<WorkerpoolModule>("workerpool/src/index.js");
  return (lanes: number): Contender => {
    const script = new URL("./workerpool_worker.ts", import.meta.url);
    // On Bun a thread of it never answers.
    const isWeb = "Bun" in globalThis;
    const pool = workerpool.pool(isWeb ? script.href : fileURLToPath(script), {
      minWorkers: lanes,
      maxWorkers: lanes,
      workerType: isWeb ? "web" : "thread",
    });
    return {
      call: (name, args) => pool.exec(name, args),
      callWithTransfer: (name, bytes) => pool.exec(name, [bytes], { transfer: [bytes.buffer] }),
      close: () => pool.terminate(true),
    };
  };
}
