// How many lanes there are by default, with control groups that are files in a folder.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { availableLanes, cpuQuota } from "../lib/runtime/cpu_limits.ts";

async function quotaWith(files: Readonly<Record<string, string>>): Promise<number> {
  const root = await mkdtemp(join(tmpdir(), "tokengate-cgroup-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return cpuQuota(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const two = { "proc/self/cgroup": "0::/\n" };

test("a machine without control groups has no quota, nor has one without a limit", async () => {
  assertEquals(await quotaWith({}), Infinity);
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "max 100000\n" }), Infinity);
});

test("the quota of a container of version 2 is rounded up, and is at least one", async () => {
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "200000 100000\n" }), 2);
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "150000 100000\n" }), 2);
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "20000 100000\n" }), 1);
});

test("the groups around a group limit it too, whichever is the least", async () => {
  const files = {
    "proc/self/cgroup": "0::/user.slice/job.scope\n",
    "sys/fs/cgroup/user.slice/cpu.max": "300000 100000\n",
    "sys/fs/cgroup/user.slice/job.scope/cpu.max": "max 100000\n",
  };
  assertEquals(await quotaWith(files), 3);
  const inner = { "sys/fs/cgroup/user.slice/job.scope/cpu.max": "50000 50000\n" };
  assertEquals(await quotaWith({ ...files, ...inner }), 1);
});

test("a group of version 1 has its quota and its period in files of their own", async () => {
  const files = {
    "proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n",
    "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "250000\n",
    "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/box/cpu.cfs_quota_us": "1\n",
  };
  assertEquals(await quotaWith(files), 3);
  const unlimited = { "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "-1\n" };
  assertEquals(await quotaWith({ ...files, ...unlimited }), Infinity);
});

test("in a container the group may be named as the host sees it: then the root of the mount counts", async () => {
  const files = {
    "proc/self/cgroup": "3:cpu:/docker/0123\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  };
  assertEquals(await quotaWith(files), 4);
  const outside = { "proc/self/cgroup": "0::/../../other\n", "sys/fs/cgroup/cpu.max": "100 100\n" };
  assertEquals(await quotaWith(outside), 1);
});

test("files with something else in them limit nothing", async () => {
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "" }), Infinity);
  assertEquals(await quotaWith({ ...two, "sys/fs/cgroup/cpu.max": "none 0\n" }), Infinity);
  assertEquals(await quotaWith({ "proc/self/cgroup": "nothing" }), Infinity);
});

test("here there is at least one lane, and no more than the runtime says there could be", () => {
  const lanes = availableLanes();
  assert(Number.isInteger(lanes) && lanes >= 1 && lanes <= availableParallelism(), `${lanes}`);
});
