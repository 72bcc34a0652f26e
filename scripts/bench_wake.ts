/**
 * `deno task bench:wake`: makes sure that the runtimes are there and starts `bench/wake.ts`.
 *
 * @module
 */
import { launch } from "./launch.ts";
import { ensureRuntimes } from "./runtimes.ts";
import { RUNTIME_NAMES } from "./pins.ts";

if (import.meta.main) {
  await launch("wake.ts", async () => void await ensureRuntimes(RUNTIME_NAMES));
}
