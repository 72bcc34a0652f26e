import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { RUNTIME_NAMES } from "../scripts/pins.ts";
import { isAtLeast, platformPackage } from "../scripts/platform_packages.ts";

test("every runtime has a package for the common machines", () => {
  for (const runtime of RUNTIME_NAMES) {
    for (const os of ["linux", "darwin", "win32"]) {
      for (const arch of ["x64", "arm64"]) {
        const found = platformPackage(runtime, { os, arch, libc: "glibc" });
        assertNotEquals(found, undefined, `${runtime} ${os} ${arch}`);
        assertEquals(found!.executable.endsWith(".exe"), os === "win32");
      }
    }
  }
});

test("the C library decides on Linux, and only there", () => {
  const name = (os: string, libc: "glibc" | "musl") =>
    platformPackage("bun", { os, arch: "x64", libc })?.name;
  assertEquals(name("linux", "glibc"), "@oven/bun-linux-x64");
  assertEquals(name("linux", "musl"), "@oven/bun-linux-x64-musl");
  assertEquals(name("darwin", "musl"), name("darwin", "glibc"));
});

test("a machine without a package is told apart from one with", () => {
  assertEquals(platformPackage("deno", { os: "linux", arch: "x64", libc: "musl" }), undefined);
  assertEquals(platformPackage("node", { os: "aix", arch: "ppc64", libc: "glibc" }), undefined);
});

test("versions compare by their numbers", () => {
  assertEquals(isAtLeast("24.21.0", "22.18.0"), true);
  assertEquals(isAtLeast("v22.18.0", "22.18.0"), true);
  assertEquals(isAtLeast("22.9.0", "22.18.0"), false);
  assertEquals(isAtLeast("20.20.2", "22.18.0"), false);
  assertEquals(isAtLeast("no version", "22.18.0"), false);
});
