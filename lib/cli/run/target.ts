/**
 * Finding what is to be called: a module, and what it exports.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { isGeneratorFunction } from "../../bridge/generators.ts";
import { boundCall, isOperation } from "../../bound_call.ts";
import type { Operation } from "../../operation.ts";
import type { TokenGate } from "../../token_gate.ts";
import { closest } from "../closest.ts";
import { UsageError } from "../usage_error.ts";

/** An operation, whatever it takes and gives. */
export type AnyCall = Operation<unknown[], unknown>;

/** What is to be called. */
export interface Target {
  /** URL of the module. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
  /** Whether it was declared as an operation. */
  readonly kind: "operation" | "function";
  /** Whether it is a generator, whose items are streamed. */
  readonly isStream: boolean;
  /** @param gate who is going to take the calls @returns what is called */
  operationOf(gate: TokenGate): AnyCall;
}

/**
 * Imports a module, and finds one of its exports.
 *
 * @param specifier path or URL of the module
 * @param name name of the export
 * @returns what is to be called
 * @throws {UsageError} when there is no such module, it cannot be loaded, or it exports no function of that name
 */
export async function findTarget(specifier: string, name: string): Promise<Target> {
  const url = urlOf(specifier);
  const module = await load(specifier, url);
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof value !== "function") throw noFunction(specifier, name, module);
  if (isOperation(value)) {
    const { definition } = boundCall(value);
    const isStream = isGeneratorFunction(definition.fn);
    return {
      url,
      name,
      kind: "operation",
      isStream,
      operationOf: () => value as unknown as AnyCall,
    };
  }
  const isStream = isGeneratorFunction(value);
  const operationOf = (gate: TokenGate): AnyCall => {
    const remote = gate.module<Record<string, AnyCall>>(url) as Record<string, AnyCall>;
    return remote[name]!;
  };
  return { url, name, kind: "function", isStream, operationOf };
}

/** A scheme has two letters at least; what has one is a drive of Windows. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

function urlOf(specifier: string): string {
  if (SCHEME.test(specifier)) return specifier;
  const path = resolve(process.cwd(), specifier);
  if (existsSync(path)) return pathToFileURL(path).href;
  throw new UsageError(
    `Cannot find the module "${specifier}": there is no file ${path}; give the path of a file, or a URL such as jsr:… on Deno`,
  );
}

async function load(specifier: string, url: string): Promise<Record<string, unknown>> {
  try {
    return Object.assign({}, await import(url)) as Record<string, unknown>;
  } catch (error) {
    const { message, code } = error as { message?: unknown; code?: unknown };
    const advice = code === "ERR_UNKNOWN_FILE_EXTENSION"
      ? "; this Node does not read TypeScript: use Node 22.18 or newer, Deno or Bun, or give the compiled module"
      : "";
    throw new UsageError(
      `Cannot load the module "${specifier}": ${message ?? String(error)}${advice}`,
      { cause: error },
    );
  }
}

function noFunction(
  specifier: string,
  name: string,
  module: Readonly<Record<string, unknown>>,
): UsageError {
  const names = Object.keys(module).filter((key) => typeof module[key] === "function");
  const what = Object.hasOwn(module, name)
    ? `"${name}" of "${specifier}" is no function`
    : `"${specifier}" exports no "${name}"`;
  const meant = closest(name, names);
  const listed = names.map((each) => isOperation(module[each]) ? `${each} (operation)` : each);
  const advice = meant !== undefined
    ? `did you mean "${meant}"?`
    : listed.length > 0
    ? `it exports ${listed.join(", ")}`
    : "it exports no function at all";
  return new UsageError(`Cannot call "${name}": ${what}; ${advice}`);
}
