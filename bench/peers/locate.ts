/**
 * Where the pinned packages of a comparison are. They are found by URL, since the project has no `package.json` by which a
 * name could be resolved, and so that the project can be checked where they are not installed.
 *
 * @module
 */

import { createRequire } from "node:module";

/** The ignored folder they are installed in. */
export const PEERS_FOLDER: URL = new URL("../../.runtimes/peers/", import.meta.url);

/**
 * Imports a file of an installed package.
 *
 * @param path Path of the file from `node_modules` on.
 * @returns The namespace of the module.
 */
export async function importPackage<T>(path: string): Promise<T> {
  return await import(new URL(`node_modules/${path}`, PEERS_FOLDER).href) as T;
}

/**
 * Requires a file of an installed package. A worker does this and does not import, since it must have its handler in place
 * before it waits for anything: a message that comes earlier is lost on Deno and Bun.
 *
 * @param path Path of the file from `node_modules` on.
 * @returns What it exports.
 */
export function requirePackage<T>(path: string): T {
  return createRequire(PEERS_FOLDER)(`./node_modules/${path}`) as T;
}
