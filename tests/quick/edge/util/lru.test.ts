import { expect, it } from "vitest";
import { Lru } from "../../../../edge/util/lru";

it("an Lru returns a stored value", () => {
  const lru = new Lru<number>(2);
  lru.set("a", 1);
  expect(lru.get("a")).toBe(1);
  expect(lru.get("b")).toBeUndefined();
});

it("an Lru has at most twice its capacity of entries after a million insertions", () => {
  const lru = new Lru<number>(100);
  for (let i = 0; i < 1_000_000; i++) lru.set(`key ${i}`, i);
  expect(lru.size).toBeLessThanOrEqual(200);
});

it("an Lru keeps entries that are read and drops entries that are not", () => {
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

it("an Lru deletes an entry from both generations", () => {
  const lru = new Lru<number>(1);
  lru.set("a", 1);
  lru.set("b", 2);
  lru.delete("a");
  lru.delete("b");
  expect(lru.get("a")).toBeUndefined();
  expect(lru.get("b")).toBeUndefined();
});

it("an Lru replaces a value", () => {
  const lru = new Lru<number>(1);
  lru.set("a", 1);
  lru.set("b", 1);
  lru.set("a", 2);
  expect(lru.get("a")).toBe(2);
});
