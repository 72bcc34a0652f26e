/**
 * Makes the three runtimes available without any install script: as npm platform packages in the ignored folder
 * `.runtimes/`, next to `fast-check`, which Bun and Node cannot fetch by themselves.
 *
 * Several scripts may ask at once: one installs, the others wait for its file lock, which the system releases even when
 * the holder is killed.
 *
 * @module
 */
import { join } from "node:path";
import { FAST_CHECK_PIN, OLDEST_SOURCE_NODE, RUNTIME_PINS, type RuntimeName } from "./pins.ts";
import { isAtLeast, type Platform, platformPackage } from "./platform_packages.ts";
import { note, type Report, RUNTIMES_FOLDER } from "./project.ts";
import { npmInstall } from "./npm_install.ts";

/** The executables that were asked for; asking for one that was not is a mistake in the caller. */
export type RuntimePaths = Partial<Record<RuntimeName, string>>;

/**
 * Finds each runtime, and installs what is missing or of another version than its pin.
 *
 * An environment variable `TOKENGATE_DENO`, `TOKENGATE_BUN` or `TOKENGATE_NODE` names an executable to use instead,
 * whatever its version. Where npm has no package of the pinned Node for this platform, a `node` on the path serves, if
 * it is able to run the sources.
 *
 * @param names the runtimes wanted
 * @param report receives lines of progress; by default they go to the standard error
 * @returns the path of each runtime's executable
 * @throws {Error} when a runtime can neither be found nor installed; the message says what to do
 */
export async function ensureRuntimes(
  names: readonly RuntimeName[],
  report: Report = note,
): Promise<RuntimePaths> {
  const paths: RuntimePaths = {};
  const missing: RuntimeName[] = [];
  for (const name of names) {
    const path = await chosenByHand(name) ?? await alreadyThere(name);
    if (path === undefined) missing.push(name);
    else paths[name] = path;
  }
  const needsFastCheck = names.some((name) => name !== "deno") && !await hasFastCheck();
  if (missing.length === 0 && !needsFastCheck) return paths;

  const release = await lockFolder(report);
  try {
    for (const name of missing) {
      // Somebody else may have installed it while we waited for the lock.
      paths[name] = await alreadyThere(name) ?? await install(name, report);
    }
    if (needsFastCheck && !await hasFastCheck()) {
      await npmInstall(
        { name: "fast-check", version: FAST_CHECK_PIN, label: "fast-check" },
        report,
      );
    }
  } finally {
    release();
  }
  return paths;
}

/** The machine this script runs on. */
export function thisPlatform(): Platform {
  const os = Deno.build.os === "windows" ? "win32" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const loader = arch === "x64" ? "/lib64/ld-linux-x86-64.so.2" : "/lib/ld-linux-aarch64.so.1";
  return { os, arch, libc: os === "linux" && !existsSync(loader) ? "musl" : "glibc" };
}

async function chosenByHand(name: RuntimeName): Promise<string | undefined> {
  const variable = `TOKENGATE_${name.toUpperCase()}`;
  const path = Deno.env.get(variable);
  if (path === undefined || path === "") return undefined;
  if (await versionOf(path) === undefined) {
    throw new Error(`Cannot use ${variable}: received "${path}", which does not run`);
  }
  return path;
}

async function alreadyThere(name: RuntimeName): Promise<string | undefined> {
  if (name === "deno" && Deno.version.deno === RUNTIME_PINS.deno) return Deno.execPath();
  const path = installedPath(name);
  if (path === undefined) return undefined;
  // Running it, rather than reading its package.json, also finds what a killed installation left half written.
  return await versionOf(path) === RUNTIME_PINS[name] ? path : undefined;
}

function installedPath(name: RuntimeName): string | undefined {
  const from = platformPackage(name, thisPlatform());
  if (from === undefined) return undefined;
  return join(
    RUNTIMES_FOLDER,
    "node_modules",
    ...from.name.split("/"),
    ...from.executable.split("/"),
  );
}

async function install(name: RuntimeName, report: Report): Promise<string> {
  const version = RUNTIME_PINS[name];
  const from = platformPackage(name, thisPlatform());
  let failure: unknown = "npm has no package of it for this platform";
  if (from !== undefined) {
    try {
      await npmInstall({ name: from.name, version, label: name }, report);
      const path = installedPath(name)!;
      if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
      if (await versionOf(path) === version) return path;
      failure = `${path} does not run, or is another version`;
    } catch (error) {
      failure = error;
    }
  }
  const fallback = name === "node" ? await nodeOnPath() : undefined;
  if (fallback !== undefined) {
    report(`runtimes: cannot install node ${version}; using node ${fallback} from the path`);
    return "node";
  }
  throw new Error(
    `Cannot provide ${name} ${version}: ${failure instanceof Error ? failure.message : failure}\n` +
      `Install it yourself and set TOKENGATE_${name.toUpperCase()} to its executable.`,
    { cause: failure },
  );
}

async function nodeOnPath(): Promise<string | undefined> {
  const version = await versionOf("node");
  return version !== undefined && isAtLeast(version, OLDEST_SOURCE_NODE) ? version : undefined;
}

/** The version an executable says it has, or `undefined` when it does not run. */
export async function versionOf(executable: string): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(executable, {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    if (!success) return undefined;
    return /\d+\.\d+\.\d+\S*/.exec(new TextDecoder().decode(stdout))?.[0];
  } catch {
    return undefined; // Not there, not executable, or made for another machine.
  }
}

async function hasFastCheck(): Promise<boolean> {
  const folder = join(RUNTIMES_FOLDER, "node_modules", "fast-check");
  try {
    const manifest = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
    return manifest.version === FAST_CHECK_PIN &&
      existsSync(join(RUNTIMES_FOLDER, "node_modules", "pure-rand", "package.json"));
  } catch {
    return false;
  }
}

/** Waits for the folder to be nobody else's. @returns gives it back */
export async function lockFolder(report: Report): Promise<() => void> {
  await Deno.mkdir(RUNTIMES_FOLDER, { recursive: true });
  const file = await Deno.open(join(RUNTIMES_FOLDER, ".lock"), { create: true, write: true });
  const waiting = setTimeout(() => report("runtimes: waiting for another installation"), 2_000);
  await file.lock(true);
  clearTimeout(waiting);
  return () => file.close();
}

function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
