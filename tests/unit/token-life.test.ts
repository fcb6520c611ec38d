import { expect, it } from "vitest";
import { LEEWAY_SECONDS } from "../../lib/contract";
import { programTokenLife, socketLife } from "../../lib/token-life";

it.each([
  [300, 60, 60],
  [30, 60, 30],
  [300, 0, 10],
])("a socket's token of TTL %i with a bound of %i s lives %i s", (ttl, maxStale, life) => {
  expect(socketLife(ttl, maxStale)).toBe(life);
});

it.each([
  [300, 60, 60 - LEEWAY_SECONDS],
  [30, 60, 30],
  [300, 3600, 300],
  [300, 11, 1],
  [300, 10, 1],
  [300, 0, 1],
])("a program's token of TTL %i with a bound of %i s lives %i s", (ttl, maxStale, life) => {
  expect(programTokenLife(ttl, maxStale)).toBe(life);
});
