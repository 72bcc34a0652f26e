/**
 * What a Deno process lane may do: what is asked for, and never what this process may not do itself. A process that may start programs could start Deno with any
 * permission, so this is where the line is drawn.
 *
 * @module
 */

import type { ProcessPermissions } from "./process.ts";

type Kind = keyof ProcessPermissions;

/** By kind, the field of a descriptor that names a single thing. */
const FIELDS: Readonly<Record<Kind, string>> = {
  read: "path",
  write: "path",
  net: "host",
  env: "variable",
  run: "command",
  ffi: "path",
  sys: "kind",
  import: "host",
};

interface Status {
  readonly state: string;
  /** Granted, but for something that is denied. */
  readonly partial?: boolean;
}

interface Permissions {
  querySync(descriptor: Readonly<Record<string, string>>): Status;
}

/** @returns the kinds of permission there are */
export function permissionKinds(): Kind[] {
  return Object.keys(FIELDS) as Kind[];
}

/**
 * @param asked what a process is to be allowed; by default each kind that this process is allowed without exception
 * @returns the flags that allow it
 * @throws {Error} when this process is not allowed it itself
 */
export function permissionFlags(asked: ProcessPermissions | undefined): string[] {
  const flags: string[] = [];
  for (const kind of permissionKinds()) {
    const what = asked === undefined ? isGranted(kind, undefined) : asked[kind] ?? false;
    const items = Array.isArray(what) ? what as string[] : [];
    if (what === false || Array.isArray(what) && items.length === 0) {
      // Said, and not left out: Deno's `node:child_process` gives a Deno process that was told nothing every permission there is.
      flags.push(`--deny-${kind}`);
      continue;
    }
    if (what === true) demand(kind, undefined);
    for (const item of items) demand(kind, item);
    // A comma within an item is written twice.
    const list = items.map((item) => item.replaceAll(",", ",,")).join(",");
    flags.push(what === true ? `--allow-${kind}` : `--allow-${kind}=${list}`);
  }
  return flags;
}

function demand(kind: Kind, item: string | undefined): void {
  if (isGranted(kind, item)) return;
  const it = item === undefined ? `"${kind}"` : `"${kind}" for ${JSON.stringify(item)}`;
  throw new Error(
    `Cannot give a process lane the permission ${it}: this process does not have it itself`,
  );
}

/** @param kind a kind of permission @param item a single thing of it, or undefined for all @returns whether this process has it, without exception */
export function isGranted(kind: Kind, item: string | undefined): boolean {
  const deno: unknown = Reflect.get(globalThis, "Deno");
  const { permissions } = deno as { readonly permissions: Permissions };
  try {
    const status = permissions.querySync({
      name: kind,
      ...(item === undefined ? {} : { [FIELDS[kind]]: item }),
    });
    return status.state === "granted" && status.partial !== true;
  } catch {
    // A kind, or a thing, that this version does not know.
    return false;
  }
}
