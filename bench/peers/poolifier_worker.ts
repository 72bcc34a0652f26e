/** The worker side of poolifier. Data is one value, so it is a list of arguments. @module */

import { work } from "../work.ts";
import { requirePackage } from "./locate.ts";

interface PoolifierModule {
  readonly ThreadWorker: new (functions: object) => unknown;
}

const { ThreadWorker } = requirePackage<PoolifierModule>("poolifier/lib/index.cjs");
const functions = Object.entries(work).map(([name, fn]) => [
  name,
  (args: readonly unknown[]): unknown => (fn as (...args: readonly unknown[]) => unknown)(...args),
]);
new ThreadWorker(Object.fromEntries(functions));
