/**
 * The operation by which the command calls functions that were never declared as one.
 *
 * @module
 */

import { type Operation, operation } from "../../operation.ts";

/** Modules this lane has imported for it; importing one again is cheap, looking it up is cheaper. */
const modules = new Map<string, Record<string, unknown>>();

/** Calls an exported function of a module with some arguments. The first call in a lane imports the module. */
export const callExport: Operation<[url: string, name: string, args: unknown[]], unknown> =
  operation(import.meta, "exported function", async (url, name, args) => {
    let module = modules.get(url);
    if (module === undefined) {
      module = await import(url) as Record<string, unknown>;
      modules.set(url, module);
    }
    return await (module[name] as (...args: unknown[]) => unknown)(...args);
  });
