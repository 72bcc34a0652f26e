/**
 * `deno task leibniz`: makes sure that the runtimes are there and starts `bench/leibniz.ts`.
 *
 * @module
 */
import { launch } from "./launch.ts";
import { ensureRuntimes } from "./runtimes.ts";
import { RUNTIME_NAMES } from "./pins.ts";

if (import.meta.main) {
  await launch("leibniz.ts", async () => void await ensureRuntimes(RUNTIME_NAMES));
}
