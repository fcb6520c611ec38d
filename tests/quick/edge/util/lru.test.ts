import { expect, it } from "vitest";
import { Lru } from "../../../../edge/util/lru";

it("keeps what it is given", () => {
  const lru = new Lru<number>(2);
  lru.set("a", 1);
  expect(lru.get("a")).toBe(1);
  expect(lru.get("b")).toBeUndefined();
});

it("holds at most twice its capacity however much it is given", () => {
  const lru = new Lru<number>(100);
  for (let i = 0; i < 1_000_000; i++) lru.set(`key ${i}`, i);
  expect(lru.size).toBeLessThanOrEqual(200);
});

it("keeps what is used and forgets what is not", () => {
  const lru = new Lru<number>(10);
  lru.set("used", 1);
  lru.set("unused", 2);
  for (let i = 0; i < 100; i++) {
    lru.set(`other ${i}`, i);
    lru.get("used");
  }
  expect(lru.get("used")).toBe(1);
  expect(lru.get("unused")).toBeUndefined();
});

it("forgets what it is told to, in both generations", () => {
  const lru = new Lru<number>(1);
  lru.set("a", 1);
  lru.set("b", 2);
  lru.delete("a");
  lru.delete("b");
  expect(lru.get("a")).toBeUndefined();
  expect(lru.get("b")).toBeUndefined();
});

it("replaces a value", () => {
  const lru = new Lru<number>(1);
  lru.set("a", 1);
  lru.set("b", 1);
  lru.set("a", 2);
  expect(lru.get("a")).toBe(2);
});
