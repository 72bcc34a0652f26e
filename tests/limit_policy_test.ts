import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ADMITTED, type CallLimits, CallToken, type TokenOwner } from "../lib/call_token.ts";
import { expiredLimit, nextCheck } from "../lib/gate/limit_policy.ts";

const owner: TokenOwner = {
  cancel: () => false,
  hasStarted: () => false,
  startedMs: () => NaN,
  grant: () => {},
};

function token(limits: Partial<CallLimits>, isAdmitted = true): CallToken {
  const all = {
    timeoutMs: undefined,
    queueTimeoutMs: undefined,
    deadlineMs: undefined,
    inline: "never" as const,
    priority: 0,
    ...limits,
  };
  const made = new CallToken(1, { url: "u:", name: "n" }, [], all, owner, 1_000);
  if (isAdmitted) made.code = ADMITTED;
  return made;
}

test("expiredLimit() names the limit that has run out, the deadline first", () => {
  const all = token({ timeoutMs: 10, queueTimeoutMs: 20, deadlineMs: 30 });
  assertEquals(expiredLimit(all, 1_019, NaN, NaN), undefined);
  assertEquals(expiredLimit(all, 1_020, NaN, NaN), "queueTimeoutMs");
  assertEquals(expiredLimit(all, 1_030, NaN, NaN), "deadlineMs");
  assertEquals(expiredLimit(all, 1_024, 1_015, NaN), undefined);
  assertEquals(expiredLimit(all, 1_025, 1_015, NaN), "timeoutMs");
  assertEquals(expiredLimit(all, 1_030, 1_015, NaN), "deadlineMs");
});

test("expiredLimit() never counts waiting as run time, nor running as waiting", () => {
  assertEquals(expiredLimit(token({ timeoutMs: 10 }), 9_999, NaN, NaN), undefined);
  assertEquals(expiredLimit(token({ queueTimeoutMs: 10 }), 9_999, 1_009, NaN), undefined);
});

test("expiredLimit() lets the time of an ended function stand still, whenever its answer comes", () => {
  const all = token({ timeoutMs: 10, queueTimeoutMs: 20, deadlineMs: 30 });
  assertEquals(expiredLimit(all, 9_999, 1_015, 1_024), undefined);
  assertEquals(expiredLimit(all, 9_999, 1_015, 1_025), "timeoutMs");
  assertEquals(expiredLimit(all, 9_999, 1_025, 1_031), "deadlineMs");
});

test("nextCheck() never says this very moment, however small the limit", () => {
  assertEquals(nextCheck(token({ timeoutMs: 1e-9 }), 1_005, NaN), 1_006);
});

test("nextCheck() gives the first moment at which a limit may run out", () => {
  assertEquals(nextCheck(token({}), 1_005, NaN), Infinity);
  assertEquals(nextCheck(token({ timeoutMs: 10 }, false), 1_005, NaN), Infinity);
  assertEquals(nextCheck(token({ timeoutMs: 10 }), 1_005, NaN), 1_015);
  assertEquals(nextCheck(token({ timeoutMs: 10 }), 1_005, 1_002), 1_012);
  assertEquals(nextCheck(token({ queueTimeoutMs: 7, deadlineMs: 9 }), 1_005, NaN), 1_007);
  assertEquals(nextCheck(token({ queueTimeoutMs: 7, deadlineMs: 9 }), 1_005, 1_004), 1_009);
});
