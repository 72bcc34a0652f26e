/**
 * How many lanes can run at once: the processors that this process may use, and not those that the machine has.
 *
 * Affinity (`taskset`, `cpuset`) is in what every runtime says by itself. The quota of a control group, by which containers are limited, is in it on Deno and Bun, and
 * not on Node (seen on 24.21, in a group of version 1). So it is read here too, where it may be read, and the least of all counts.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

interface DenoPermissions {
  readonly permissions: { querySync(permission: { name: "read" }): { readonly state: string } };
}

/**
 * @returns how many lanes can run at once, at least 1
 */
export function availableLanes(): number {
  const quota = mayRead() ? cpuQuota("") : Infinity;
  return Math.max(1, Math.min(availableParallelism(), quota));
}

/** On Deno reading without the permission would ask the user, in the middle of a program that has other things to say. */
function mayRead(): boolean {
  if (!("Deno" in globalThis)) return true;
  const deno = Reflect.get(globalThis, "Deno") as DenoPermissions;
  return deno.permissions.querySync({ name: "read" }).state === "granted";
}

/**
 * The processor time that the control group of this process, and those around it, are granted, of version 1 or 2.
 *
 * @param root what the paths begin with: nothing, but for tests
 * @returns how many processors that is, rounded up; infinite when there is no limit, or none that can be read
 */
export function cpuQuota(root: string): number {
  let least = Infinity;
  const lines = read(`${root}/proc/self/cgroup`)?.trim().split("\n") ?? ["0::/", "1:cpu:/"];
  for (const line of lines) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") {
      for (const mount of [`${root}/sys/fs/cgroup`, `${root}/sys/fs/cgroup/unified`]) {
        for (const folder of foldersOf(mount, path)) least = Math.min(least, quotaOf2(folder));
      }
    } else if (controllers.split(",").includes("cpu")) {
      for (const name of new Set(["cpu", controllers])) {
        const mount = `${root}/sys/fs/cgroup/${name}`;
        for (const folder of foldersOf(mount, path)) least = Math.min(least, quotaOf1(folder));
      }
    }
  }
  return Math.ceil(least);
}

/** A group has no more than the groups around it. In a container its path may be one of the host, and only the root be there. */
function foldersOf(mount: string, path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  if (names.includes("..")) return [mount];
  return [mount, ...names.map((_, n) => `${mount}/${names.slice(0, n + 1).join("/")}`)];
}

function quotaOf2(folder: string): number {
  const [quota, period] = read(`${folder}/cpu.max`)?.trim().split(/\s+/) ?? [];
  return share(quota, period);
}

function quotaOf1(folder: string): number {
  const quota = read(`${folder}/cpu.cfs_quota_us`);
  return quota === undefined ? Infinity : share(quota, read(`${folder}/cpu.cfs_period_us`));
}

/** No limit is `max`, or -1. */
function share(quota: string | undefined, period: string | undefined): number {
  const processors = Number(quota) / Number(period ?? 100_000);
  return processors > 0 ? processors : Infinity;
}

/** What is not there, or is not to be read, limits nothing. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
