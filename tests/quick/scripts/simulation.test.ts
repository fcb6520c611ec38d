import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CookieJar } from "../../../scripts/simulation/cookie-jar";
import { expectedLookups } from "../../../scripts/simulation/expected-lookups";
import { requestsPerSecond } from "../../../scripts/simulation/page-views";
import type { Parameters } from "../../../scripts/simulation/parameters";
import { createRandom, exponential } from "../../../scripts/simulation/random";
import { PROBE_EVERY } from "../../../scripts/simulation/revocations";
import { runSimulation } from "../../../scripts/simulation/run-simulation";
import { createSimulatedClock } from "../../../scripts/simulation/simulated-clock";
import { World } from "../../../scripts/simulation/world";
import { sessionToken, signSessionToken } from "../../../scripts/stack/signing";

const small: Parameters = {
  traffic: {
    idleSeconds: 100,
    pagesPerVisit: 5,
    viewSeconds: 10,
    pageSeconds: 0.1,
    callsAtOnce: 2,
    callsLater: 2,
  },
  users: 80,
  roundTrips: [2, 80],
  isolatesPerRegion: 2,
  isolateLifetimeSeconds: 300,
  memoryCapacity: 5_000,
  maxStaleSeconds: 10,
  warmUpSeconds: 20,
  measuredSeconds: 60,
  revocations: 5,
  seed: 1,
};

describe("a simulation", () => {
  it("gives the same result for the same parameters, and another one for another seed", async () => {
    const result = await runSimulation(small);
    expect(await runSimulation(small)).toEqual(result);
    expect(await runSimulation({ ...small, seed: 2 })).not.toEqual(result);
  });

  it("has the users' requests, each with one source", async () => {
    const { requests, sources } = await runSimulation(small);
    const expected = requestsPerSecond(small.traffic) * small.users * small.measuredSeconds;
    expect(requests / expected).toBeGreaterThan(0.75);
    expect(requests / expected).toBeLessThan(1.25);
    expect(sources.memory + sources.cookie + sources.store).toBe(requests);
    expect(Math.min(...Object.values(sources))).toBeGreaterThan(0);
  });

  it.each([0, 5, 10, 30])("never exceeds a revocation bound of %i s", async (maxStaleSeconds) => {
    const { requests, lookups, revocationDelays } = await runSimulation({ ...small, maxStaleSeconds });
    expect(lookups).toBeLessThanOrEqual(requests);
    expect(revocationDelays.length).toBe(small.revocations * small.isolatesPerRegion);
    expect(revocationDelays.at(-1)).toBeLessThan(maxStaleSeconds + PROBE_EVERY);
    // Otherwise nothing was revoked while it was trusted.
    expect(revocationDelays.at(-1)).toBeGreaterThan(maxStaleSeconds / 2);
  });

  it("looks up each request with a staleness bound of 0, and fewer with a longer bound", async () => {
    const shareOf = async (maxStaleSeconds: number) => {
      const { lookups, requests } = await runSimulation({ ...small, maxStaleSeconds, revocations: 0 });
      return lookups / requests;
    };
    expect(await shareOf(0)).toBe(1);
    expect(await shareOf(5)).toBeGreaterThan(await shareOf(30));
  });

  it("has as many lookups as the formula, within 10 %", async () => {
    const parameters = { ...small, users: 250, revocations: 0 };
    const { lookups } = await runSimulation(parameters);
    const expected = expectedLookups(small.traffic, small) * parameters.users * parameters.measuredSeconds;
    expect(lookups / expected).toBeGreaterThan(0.9);
    expect(lookups / expected).toBeLessThan(1.1);
  });

  it("of a quarter of the users with a quarter of the memory has the hit rates of the whole", async () => {
    // So little memory that most sessions are dropped while they are trusted.
    const whole = { ...small, users: 480, memoryCapacity: 12, isolatesPerRegion: 4, revocations: 0 };
    const sharesOf = async (parameters: Parameters) => {
      const { sources, requests } = await runSimulation({ ...parameters, measuredSeconds: 30 });
      return [sources.memory / requests, sources.store / requests];
    };
    const [memory = 0, store = 0] = await sharesOf(whole);
    const [sampledMemory = 0, sampledStore = 0] = await sharesOf({ ...whole, users: 120, memoryCapacity: 3 });
    expect(Math.abs(sampledMemory - memory)).toBeLessThan(0.03);
    expect(Math.abs(sampledStore - store)).toBeLessThan(0.03);
  });
});

describe("requests for one session in the same isolate at the same time", () => {
  it("share one lookup", async () => {
    const world = new World({ ...small, isolatesPerRegion: 1, roundTrips: [50] }, 1);
    const token = sessionToken("user0");
    world.database.addSession(token, 0);
    const header = `__Secure-better-auth.session_token=${await signSessionToken(token)}`;
    const sources: string[] = [];
    const request = { region: 0, route: 0, header, caller: "backend" } as const;
    world.at(1, () => {
      for (let i = 0; i < 10; i++) {
        world.send(request, (result) =>
          sources.push(result.state === "active" ? result.source : result.state),
        );
      }
    });
    await world.runUntil(2);
    expect(sources).toEqual(Array(10).fill("store"));
    expect(world.database.lookups).toBe(1);
  });
});

describe("the simulated clock", () => {
  it("runs events in the order of their times, and those of the same time in the order of their start", async () => {
    const clock = createSimulatedClock(1_000, () => true);
    const random = createRandom(1);
    const times = Array.from({ length: 500 }, () => Math.floor(random() * 100));
    const ran: (readonly [time: number, index: number])[] = [];
    for (const [index, time] of times.entries()) {
      clock.startTimer(time, () => {
        expect(clock.now()).toBe(1_000 + time);
        ran.push([time, index]);
      });
    }
    await clock.runUntil(1_050);
    expect(ran.length).toBe(times.filter((time) => time < 50).length);
    await clock.runUntil(2_000);
    const expected = times.map((time, index) => [time, index] as const);
    expect(ran).toEqual(expected.toSorted(([one, i], [other, j]) => one - other || i - j));
    expect(clock.now()).toBe(2_000);
  });

  it("does not run a cancelled event", async () => {
    const clock = createSimulatedClock(0, () => true);
    let runs = 0;
    const cancel = clock.startTimer(1, () => runs++);
    clock.startTimer(2, () => runs++);
    cancel();
    await clock.runUntil(10);
    expect(runs).toBe(1);
  });

  it("stands still while real work is in progress", async () => {
    let working = false;
    const clock = createSimulatedClock(0, () => !working);
    const ended: number[] = [];
    clock.startTimer(1, () => {
      working = true;
      void sleep(20).then(() => {
        ended.push(clock.now());
        working = false;
      });
    });
    clock.startTimer(2, () => ended.push(clock.now()));
    await clock.runUntil(10);
    expect(ended).toEqual([1, 2]);
  });
});

describe("random numbers", () => {
  it("depend on each seed, are spread evenly, and repeat", () => {
    const draw = (...seeds: number[]) => {
      const random = createRandom(...seeds);
      return Array.from({ length: 2_000 }, random);
    };
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 2)).not.toEqual(draw(2, 1));
    const firsts = Array.from({ length: 2_000 }, (_, seed) => createRandom(1, 3, seed)());
    for (const values of [draw(7), firsts]) {
      for (const limit of [0.1, 0.5, 0.9]) {
        expect(Math.abs(values.filter((value) => value < limit).length / 2_000 - limit)).toBeLessThan(0.04);
      }
    }
  });

  it("are exponential with the wanted mean", () => {
    const random = createRandom(1);
    const values = Array.from({ length: 20_000 }, () => exponential(random, 30));
    expect(values.reduce((sum, value) => sum + value, 0) / 20_000).toBeCloseTo(30, -0.5);
    expect(values.filter((value) => value > 30).length / 20_000).toBeCloseTo(1 / Math.E, 1);
  });
});

describe("a cookie jar", () => {
  it("sends a cookie until its Max-Age is over, and replaces and deletes it", () => {
    const jar = new CookieJar();
    jar.store(["a=1; Max-Age=2; Path=/", "b=x%3D=; Path=/"], 0);
    expect(jar.header(1_999)).toBe("a=1; b=x%3D=");
    expect(jar.header(2_000)).toBe("b=x%3D=");
    jar.store(["b=2; Path=/"], 2_000);
    expect(jar.header(3_000)).toBe("b=2");
    jar.store(["b=; Max-Age=0; Path=/"], 3_000);
    expect(jar.header(3_000)).toBe("");
  });
});
