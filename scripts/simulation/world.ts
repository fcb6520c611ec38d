import type { SessionResult } from "../../edge/session/session";
import { isPromise } from "../../edge/util/maybe-async";
import type { StartTimer } from "../../edge/util/single-flight";
import { type Caller, createIsolate, type Isolate } from "./isolate";
import { createRandom, exponential } from "./random";
import { createSimulatedClock, type SimulatedClock } from "./simulated-clock";
import { SimulatedDatabase } from "./simulated-database";

/** The isolates, the network and the database. */
export interface Deployment {
  /** One for each region: the round trip to the database without the database's time, milliseconds. */
  readonly roundTrips: readonly number[];
  readonly isolatesPerRegion: number;
  /** The mean time after which a fresh isolate replaces an isolate. Exponential. */
  readonly isolateLifetimeSeconds: number;
  /** Sessions that an isolate keeps in memory: up to twice this number. */
  readonly memoryCapacity: number;
  readonly maxStaleSeconds: number;
}

/** An arbitrary time. The simulation always begins here. */
const START = Date.UTC(2026, 0, 1);

export class World {
  readonly clock: SimulatedClock;
  readonly database: SimulatedDatabase;
  readonly #isolates: Isolate[][];
  /** Requests to the gate without a result yet. */
  #unfinished = 0;
  /** What the first callback of a request has thrown. */
  #failure: { readonly error: unknown } | undefined;
  /** Running timers of the stores: one for each request that waits for the database. */
  readonly #storeTimers = { running: 0 };
  /** Running timers of the readers: one for each request that waits for the lookup of another one. */
  readonly #readerTimers = { running: 0 };

  constructor(
    readonly deployment: Deployment,
    seed: number,
  ) {
    this.clock = createSimulatedClock(START, () => this.#isSettled());
    this.database = new SimulatedDatabase(this.clock, createRandom(seed, 1));
    const random = createRandom(seed, 2);
    const create = (roundTrip: number) =>
      createIsolate({
        maxStaleSeconds: deployment.maxStaleSeconds,
        memoryCapacity: deployment.memoryCapacity,
        now: this.clock.now,
        fetch: this.database.fetchOver(roundTrip),
        startStoreTimer: countTimers(this.clock.startTimer, this.#storeTimers),
        startReaderTimer: countTimers(this.clock.startTimer, this.#readerTimers),
      });
    this.#isolates = deployment.roundTrips.map((roundTrip) => {
      const region = Array.from({ length: deployment.isolatesPerRegion }, () => create(roundTrip));
      const replaceLater = (index: number) => {
        const lifetime = exponential(random, deployment.isolateLifetimeSeconds * 1000);
        if (Number.isFinite(lifetime))
          this.clock.startTimer(lifetime, () => {
            region[index] = create(roundTrip);
            replaceLater(index);
          });
      };
      for (const index of region.keys()) replaceLater(index);
      return region;
    });
  }

  /** Seconds since the simulation began. */
  get seconds(): number {
    return (this.clock.now() - START) / 1000;
  }

  /** Calls a function at a time in seconds since the simulation began, or now if that is over. */
  at(seconds: number, run: () => void): void {
    this.clock.startTimer(Math.max(0, START + seconds * 1000 - this.clock.now()), run);
  }

  runUntil(seconds: number): Promise<void> {
    return this.clock.runUntil(START + seconds * 1000);
  }

  /**
   * Sends a request to an isolate of a region. `route` chooses the isolate: at least 0 and below 1.
   */
  send(
    request: { region: number; route: number; header: string; caller: Caller },
    onResult: (result: SessionResult) => void,
  ): void {
    const isolates = this.#isolates[request.region] as Isolate[];
    const isolate = isolates[Math.floor(request.route * isolates.length)] as Isolate;
    const result = isolate(request.header, request.caller);
    if (!isPromise(result)) {
      onResult(result);
      return;
    }
    this.#unfinished++;
    result
      .then((value) => {
        this.#unfinished--;
        onResult(value);
      })
      .catch((error) => {
        this.#failure ??= { error };
      });
  }

  /**
   * Whether every request without a result waits for simulated time: for the database, which takes
   * one timer, or for the lookup of another request, which takes one timer too.
   */
  #isSettled(): boolean {
    if (this.#failure) throw this.#failure.error;
    const inStores = this.#storeTimers.running;
    return inStores === this.database.waiting && this.#unfinished === inStores + this.#readerTimers.running;
  }
}

/** A `startTimer` that counts the timers that have neither run nor been stopped. */
function countTimers(startTimer: StartTimer, count: { running: number }): StartTimer {
  return (ms, run) => {
    let isRunning = true;
    count.running++;
    const end = () => {
      if (isRunning) count.running--;
      isRunning = false;
    };
    const stop = startTimer(ms, () => {
      end();
      run();
    });
    return () => {
      end();
      stop();
    };
  };
}
