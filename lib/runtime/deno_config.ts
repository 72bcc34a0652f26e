/**
 * The configuration of a Deno program, for its process lanes: Deno looks for it from the main module upward, and the main module of a lane is a module of this package,
 * which is in a cache or in `node_modules`. Without it the names by which the user's modules import things, this package among them, would mean nothing there.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isGranted } from "./deno_permissions.ts";

const NAMES = ["deno.json", "deno.jsonc"];
const DECIDED = /^(-c|--config|--no-config)(=|$)/;

/**
 * @param flags those that the user has given
 * @returns the flags that name the file, if there is one that this process may look at
 */
export function configFlags(flags: readonly string[]): string[] {
  if (flags.some((flag) => DECIDED.test(flag))) return [];
  const file = configFile();
  return file === undefined ? [] : ["--config", file];
}

function configFile(): string | undefined {
  const { mainModule } = Reflect.get(globalThis, "Deno") as { readonly mainModule: string };
  if (!mainModule.startsWith("file:")) return undefined;
  for (let folder = dirname(fileURLToPath(mainModule));; folder = dirname(folder)) {
    for (const name of NAMES) {
      const file = join(folder, name);
      // Asked, since looking without permission would ask the user.
      if (isGranted("read", file) && existsSync(file)) return file;
    }
    if (dirname(folder) === folder) return undefined;
  }
}
