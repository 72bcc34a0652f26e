/**
 * Which runtime this is: the one place that asks.
 *
 * @module
 */

import type { RuntimeAdapter } from "./adapter.ts";
import { bunAdapter } from "./bun.ts";
import { denoAdapter } from "./deno.ts";
import { nodeAdapter } from "./node.ts";

/** @returns the adapter of the runtime that this module was loaded in */
export function runtimeAdapter(): RuntimeAdapter {
  if ("Deno" in globalThis) return denoAdapter;
  if ("Bun" in globalThis) return bunAdapter;
  return nodeAdapter;
}
