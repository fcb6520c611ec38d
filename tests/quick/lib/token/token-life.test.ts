import { expect, it } from "vitest";
import { LEEWAY_SECONDS } from "../../../../lib/token/contract";
import { programTokenLife, socketIssuedAt, socketLife } from "../../../../lib/token/token-life";

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

const NOW = Date.UTC(2026, 0, 1);

it.each([
  // TTL, bound, age of the session's last check, seconds until the token expires
  [300, 60, 0, 60],
  [300, 60, 59, 1],
  [30, 60, 50, 10],
  [30, 60, 10, 30],
  [300, 0, 0, 10],
])(
  "with TTL %i and a bound of %i s, checked %i s ago, a socket's token expires in %i s",
  (ttl, bound, age, left) => {
    const issuedAt = socketIssuedAt(NOW, NOW - age * 1000, ttl, bound);
    expect(issuedAt).toBeLessThanOrEqual(NOW);
    expect(issuedAt + socketLife(ttl, bound) * 1000 - NOW).toBe(left * 1000);
  },
);
