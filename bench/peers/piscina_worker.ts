/** The worker side of piscina and tinypool: an exported function for each name. A task is one value, so it takes a list. @module */

import { work, type WorkName } from "../work.ts";

type Task = (args: readonly unknown[]) => unknown;

function taskOf(name: WorkName): Task {
  const fn = work[name] as (...args: readonly unknown[]) => unknown;
  return (args) => fn(...args);
}

export const cpuCrunch: Task = taskOf("cpuCrunch");
export const stringTransform: Task = taskOf("stringTransform");
export const dataSort: Task = taskOf("dataSort");
export const hashChain: Task = taskOf("hashChain");
export const noop: Task = taskOf("noop");
export const park: Task = taskOf("park");
export const spin: Task = taskOf("spin");
export const readBytes: Task = taskOf("readBytes");
export const echo: Task = taskOf("echo");
