import { sessionLifetime } from "../../lib/auth/session-lifetime";
import { exponential, type Random } from "./random";
import type { SimulatedClock } from "./simulated-clock";

/** The mean time that the database needs for a statement. Milliseconds. */
const STATEMENT_MS = 1;

interface StoredSession {
  readonly user: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

type LookupParameters =
  | readonly [token: string, now: string, dueBefore: null, newExpiry: null]
  | readonly [token: string, now: string, dueBefore: string, newExpiry: string];

/**
 * A database with the sessions of Better Auth, behind Neon's HTTP protocol and a network, in
 * simulated time. It has the same results as the gate's statement (`edge/session/statement.ts`).
 */
export class SimulatedDatabase {
  /** Lookups whose response the isolate has received. */
  lookups = 0;
  /** Requests that wait for a response. */
  waiting = 0;
  readonly #sessions = new Map<string, StoredSession>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly random: Random,
  ) {}

  /** Adds a session that was created or extended less than a day ago, as in a running system. */
  addSession(token: string, user: number): void {
    const age = this.random() * sessionLifetime.updateAge;
    this.#sessions.set(token, {
      user,
      expiresAt: this.clock.now() + (sessionLifetime.expiresIn - age) * 1000,
    });
  }

  deleteSession(token: string): void {
    this.#sessions.delete(token);
  }

  /**
   * Creates the `fetch` of an isolate. A request takes `roundTrip` milliseconds on the network, plus
   * the database's time.
   */
  fetchOver(roundTrip: number): typeof fetch {
    return (_url, init) =>
      new Promise((resolve) => {
        this.waiting++;
        this.clock.startTimer(roundTrip / 2, () => {
          const body = JSON.stringify({ rows: this.#lookUp(JSON.parse(String(init?.body)).params) });
          this.clock.startTimer(exponential(this.random, STATEMENT_MS) + roundTrip / 2, () => {
            this.waiting--;
            this.lookups++;
            resolve(new Response(body));
          });
        });
      });
  }

  /** `dueBefore` and `newExpiry` are null if the session must not be extended. */
  #lookUp([token, now, dueBefore, newExpiry]: LookupParameters): (string | null)[][] {
    const found = this.#sessions.get(token);
    if (!found) return [];
    const user = userRecord(found.user);
    const session = sessionRecord(token, found);
    if (found.expiresAt < Date.parse(now)) {
      this.#sessions.delete(token);
      return [[session, user, "t", null, null]];
    }
    if (dueBefore === null || found.expiresAt >= Date.parse(dueBefore)) {
      return [[session, user, "f", "f", null]];
    }
    found.expiresAt = Date.parse(newExpiry);
    return [[session, user, "f", "t", sessionRecord(token, found)]];
  }
}

function sessionRecord(token: string, { user, expiresAt }: StoredSession): string {
  const createdAt = new Date(expiresAt - sessionLifetime.expiresIn * 1000).toISOString();
  return JSON.stringify({
    id: `session-of-${token}`,
    expiresAt: new Date(expiresAt).toISOString(),
    token,
    createdAt,
    updatedAt: createdAt,
    ipAddress: "203.0.113.7",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
    userId: `user-${user}`,
  });
}

function userRecord(user: number): string {
  const createdAt = "2026-01-01T00:00:00.000Z";
  return JSON.stringify({
    id: `user-${user}`,
    name: "Ada Lovelace",
    email: `user-${user}@example.com`,
    emailVerified: true,
    image: null,
    createdAt,
    updatedAt: createdAt,
  });
}
