/**
 * The table of work as operations: what the lanes import.
 *
 * @module
 */

import { type Operation, operation } from "../../lib/operations.ts";
import { work } from "../work.ts";

/** An operation for each function of the table, under its name. */
export const workOperations: Readonly<Record<string, Operation<readonly unknown[], unknown>>> =
  Object.fromEntries(
    Object.entries(work).map(([name, fn]) => [
      name,
      operation(import.meta, name, fn as (...args: readonly unknown[]) => unknown),
    ]),
  );
