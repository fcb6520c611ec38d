import { expect, it } from "vitest";
import { LEEWAY_SECONDS } from "../../../../lib/token/contract";
import { computeProgramTokenTtl, computeSocketTokenLife } from "../../../../lib/token/token-life";

const NOW = Date.UTC(2026, 0, 1);

it.each([
  [300, 60, 60],
  [30, 60, 30],
  [300, 0, 10],
])(
  "with a TTL of %i s and a bound of %i s, a socket's token lives %i s",
  (ttlSeconds, maxStaleSeconds, life) => {
    expect(computeSocketTokenLife(NOW, NOW, { ttlSeconds, maxStaleSeconds }).ttlSeconds).toBe(life);
  },
);

it.each([
  [300, 60, 60 - LEEWAY_SECONDS],
  [30, 60, 30],
  [300, 3600, 300],
  [300, 11, 1],
  [300, 10, 1],
  [300, 0, 1],
])(
  "with a TTL of %i s and a bound of %i s, a program's token lives %i s",
  (ttlSeconds, maxStaleSeconds, life) => {
    expect(computeProgramTokenTtl({ ttlSeconds, maxStaleSeconds })).toBe(life);
  },
);

it.each([
  // TTL, bound, age of the session's last check, seconds until the token expires
  [300, 60, 0, 60],
  [300, 60, 59, 1],
  [30, 60, 50, 10],
  [30, 60, 10, 30],
  [300, 0, 0, 10],
])(
  "with a TTL of %i s and a bound of %i s, the token of a socket whose session was checked %i s ago expires in %i s",
  (ttlSeconds, maxStaleSeconds, age, left) => {
    const life = computeSocketTokenLife(NOW, NOW - age * 1000, { ttlSeconds, maxStaleSeconds });
    expect(life.issuedAt).toBeLessThanOrEqual(NOW);
    expect(life.issuedAt + life.ttlSeconds * 1000 - NOW).toBe(left * 1000);
  },
);
