import { type JwtConfig, LEEWAY_SECONDS } from "../../lib/token/contract";
import { createVerifier, TokenError } from "../../lib/token/verify";
import { Lru } from "../util/lru";
import type { MaybeAsync } from "../util/maybe-async";
import { CAPACITY, isShort } from "./reader";
import { INVALID, isTrusted, type KnownSession, type SessionResult } from "./session";

/** Reads a JWT that a program has sent. `maxStale`: milliseconds. */
export type ReadJwt = (jwt: string, maxStale: number) => MaybeAsync<SessionResult>;

/**
 * Creates the function that reads the gate's own JWTs (`TOKEN_ENDPOINT`) for one backend: those that
 * it has verified are in memory, the others are verified as FastAPI verifies them, and none is looked
 * up. Each backend has a function with a memory of its own, so that a JWT for one backend is never
 * accepted for another one.
 */
export function createJwtReader(config: JwtConfig, now: () => number): ReadJwt {
  const memory = new Lru<KnownSession>(CAPACITY);
  const verify = createVerifier(config);

  /**
   * A token counts as a result of the store at the time when it was issued. Like FastAPI, the gate
   * accepts it for `LEEWAY_SECONDS` after it has expired.
   */
  async function read(jwt: string, maxStale: number): Promise<SessionResult> {
    try {
      const time = now();
      const { identity, issuedAt, expiresAt } = await verify(jwt, { now: time });
      // The clock of the server that issued it may be a little ahead.
      const session = {
        identity,
        expiresAt: expiresAt + LEEWAY_SECONDS * 1000,
        verifiedAt: Math.min(issuedAt, time),
        jwt,
      };
      if (!isTrusted(session, time, maxStale)) return INVALID;
      if (isShort(jwt, session)) memory.set(jwt, session);
      return { state: "active", session, source: "store", setCookies: [] };
    } catch (error) {
      if (error instanceof TokenError) return INVALID;
      throw error;
    }
  }

  return function readJwt(jwt, maxStale) {
    const session = memory.get(jwt);
    if (session && isTrusted(session, now(), maxStale))
      return { state: "active", session, source: "memory", setCookies: [] };
    return read(jwt, maxStale);
  };
}
