import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  applyMessage,
  type LiveMessage,
  readLiveMessage,
  type TaskMessage,
} from "../../../app/(signed-in)/tasks/live-message";
import { newId } from "../../../app/(signed-in)/tasks/new-id";
import { reconnectDelay } from "../../../app/(signed-in)/tasks/stay-connected";
import { listOf, type TaskList, withPage } from "../../../app/(signed-in)/tasks/task-list";

const task = (id: string, title = id, second = Number(id)) => ({
  id,
  title,
  done: false,
  created_at: new Date(second * 1000).toISOString(),
});

describe("a live message", () => {
  test.each<LiveMessage>([
    { kind: "page", items: [], next_cursor: null },
    { kind: "page", items: [task("1")], next_cursor: "older" },
    { kind: "saved", task: task("1") },
    { kind: "deleted", id: "1" },
  ])("of the contract is accepted: %j", (message) => {
    expect(readLiveMessage(JSON.stringify(message))).toEqual(message);
  });

  test.each([
    ["not text", new Blob()],
    ["not JSON", "hello"],
    ["null", "null"],
    ["of an unknown kind", `{"kind":"moved","id":"1"}`],
    ["a page of tasks that is not a list", `{"kind":"page","items":{},"next_cursor":null}`],
    ["a page with an invalid task", `{"kind":"page","items":[null],"next_cursor":null}`],
    ["a page without a cursor", `{"kind":"page","items":[]}`],
    ["a saved task without the task", `{"kind":"saved"}`],
    ["a saved task without a title", `{"kind":"saved","task":{"id":"1","done":true,"created_at":""}}`],
    ["a deleted id that is a number", `{"kind":"deleted","id":1}`],
  ])("is ignored if it is %s", (_, data) => {
    expect(readLiveMessage(data)).toBeUndefined();
  });
});

describe("the list of tasks after a message", () => {
  const list = { tasks: [task("3"), task("2"), task("1")], nextCursor: null };
  const titles = (message: TaskMessage, before: TaskList = list) =>
    applyMessage(before, message).tasks.map(({ title }) => title);

  test.each<[string, TaskMessage, string[]]>([
    ["starts with a new task", { kind: "saved", task: task("4") }, ["4", "3", "2", "1"]],
    ["keeps the newest first", { kind: "saved", task: task("2.5") }, ["3", "2.5", "2", "1"]],
    ["ends with the oldest task", { kind: "saved", task: task("0") }, ["3", "2", "1", "0"]],
    ["has a changed task at the same place", { kind: "saved", task: task("2", "two") }, ["3", "two", "1"]],
    ["does not contain a deleted task", { kind: "deleted", id: "2" }, ["3", "1"]],
    ["is unchanged if the deleted task is not in it", { kind: "deleted", id: "7" }, ["3", "2", "1"]],
  ])("%s", (_, message, expected) => {
    expect(titles(message)).toEqual(expected);
  });

  it("does not contain a task of a page that is not loaded", () => {
    const firstPage = { ...list, nextCursor: "older" };
    expect(titles({ kind: "saved", task: task("0") }, firstPage)).toEqual(["3", "2", "1"]);
    expect(titles({ kind: "saved", task: task("2.5") }, firstPage)).toEqual(["3", "2.5", "2", "1"]);
  });

  it("is the same if the message arrives twice", () => {
    const id = fc.integer({ min: 0, max: 5 }).map(String);
    const message: fc.Arbitrary<TaskMessage> = fc.oneof(
      fc.record({
        kind: fc.constant("saved" as const),
        task: fc.tuple(id, fc.string()).map(([i, t]) => task(i, t)),
      }),
      fc.record({ kind: fc.constant("deleted" as const), id }),
    );
    fc.assert(
      fc.property(message, (received) => {
        const once = applyMessage(list, received);
        expect(applyMessage(once, received)).toEqual(once);
      }),
    );
  });
});

describe("the next page of a list", () => {
  const page = { items: [task("2"), task("1")], next_cursor: null, to_do: 3, done: 0 };
  const list = listOf({ items: [task("3"), task("2")], next_cursor: "after 2" });

  it("is added without the tasks that are in the list already", () => {
    const { tasks, nextCursor } = withPage(list, page, "after 2");
    expect(tasks.map(({ id }) => id)).toEqual(["3", "2", "1"]);
    expect(nextCursor).toBeNull();
  });

  it("is ignored if the list was replaced meanwhile", () => {
    expect(withPage(list, page, "after 7")).toBe(list);
  });
});

test("newId returns a random UUID of version 4", () => {
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids)
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

describe("the delay before the next connection attempt", () => {
  it("is 1 to 30 seconds for any number of failures and any random value", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(5000), random, (failures, randomValue) => {
        const delay = reconnectDelay(failures, randomValue);
        expect(delay).toBeGreaterThanOrEqual(1_000);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it("grows with each failure, up to a limit", () => {
    expect([0, 1, 2, 3, 4, 5].map((failures) => reconnectDelay(failures, 1))).toEqual([
      2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it("depends on the random value", () => {
    expect(reconnectDelay(3, 0.25)).not.toBe(reconnectDelay(3, 0.75));
  });
});
