// What a lane tells of the calls inside of its calls.
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  CHILD_ROWS,
  CHILD_TABLE_BYTES,
  ChildTable,
  ENTERED,
  FAILED_HERE,
  IDLE,
  RETURNED_WELL,
} from "../lib/bridge/child_table.ts";
import { ChildTally } from "../lib/bridge/child_tally.ts";

function makeTable(): ChildTable {
  return new ChildTable(new SharedArrayBuffer(CHILD_TABLE_BYTES), 0);
}

test("a tally adds up tables, and takes what a lost lane had not ended for killed", () => {
  const table = makeTable();
  table.add(0, ENTERED, 5);
  table.add(0, IDLE, 1);
  table.add(0, RETURNED_WELL, 2);
  table.add(0, FAILED_HERE, 1);
  table.add(CHILD_ROWS - 1, ENTERED, 1);
  const names = [{ url: "u:", name: "one" }];
  const live = new ChildTally();
  live.add(table, names, false);
  const [one, others] = [...live.operations()];
  assertEquals(one, {
    url: "u:",
    name: "one",
    submitted: 5,
    waiting: 1,
    executing: 1,
    completed: 2,
    failed: 1,
    killed: 0,
    timeout: 0,
  });
  assertEquals([others!.name, others!.executing], ["others", 1]);
  const lost = new ChildTally();
  lost.add(table, names, true);
  lost.merge(live);
  const [sum] = [...lost.operations()];
  assertEquals([sum!.submitted, sum!.killed, sum!.executing, sum!.waiting], [10, 2, 1, 1]);
});

test("a place in the list of leads is free when no child is left", () => {
  const table = makeTable();
  const place = table.open(7);
  table.addLive(place, 2);
  assertEquals(table.leads(), [{ id: 7, live: 3 }]);
  table.addLive(place, -3);
  assertEquals(table.leads(), []);
  assertEquals(table.open(8), place);
  for (let id = 9; id < 24; id++) table.open(id);
  // Of further ones nobody says whose children they are.
  assertEquals(table.open(99), -1);
  assertEquals(table.leads().length, 16);
});

test("a snapshot tells another side the same", () => {
  const table = makeTable();
  table.open(-3);
  table.add(4, ENTERED, 9);
  const other = makeTable();
  other.restore(table.snapshot());
  assertEquals(other.leads(), [{ id: -3, live: 1 }]);
  assertEquals(other.read(4, ENTERED), 9);
});
