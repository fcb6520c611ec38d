import { isApiKey } from "../../lib/auth/api-key";
import { isRecent } from "../../lib/is-recent";
import { type JwtConfig, LEEWAY_SECONDS } from "../../lib/token/contract";
import { createVerifier, TokenError } from "../../lib/token/verify";
import { Lru } from "../util/lru";
import type { MaybeAsync } from "../util/maybe-async";
import { createSingleFlight, type StartTimer } from "../util/single-flight";
import type { SessionCookieNames } from "./cookies";
import type { KeyStore } from "./key-store";
import { CAPACITY, LOOKUP_WAIT, MAX_LENGTH, type SessionReader } from "./reader";
import { isTrusted, type KnownSession, type SessionResult } from "./session";

export interface CredentialReaderOptions {
  readonly sessions: SessionReader;
  readonly keyStore: KeyStore;
  readonly jwt: JwtConfig;
  readonly cookieNames: SessionCookieNames;
  readonly now: () => number;
  readonly startTimer: StartTimer;
}

export interface CredentialOptions {
  /** How long this request trusts a result of the store, in milliseconds. */
  readonly maxStale: number;
  /** Whether programs get the gate's own JWT, and the request is for the backend of its audience. */
  readonly acceptsJwt: boolean;
}

/** Unknown keys that an isolate remembers: up to twice this number. */
const UNKNOWN_CAPACITY = 1_000;
/** How long a key that the store does not know is refused without another lookup. Milliseconds. */
const UNKNOWN_FOR = 30_000;

/** Three segments of base64url (RFC 7515 §7.1). */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const INVALID: SessionResult = { state: "invalid", setCookies: [] };

/**
 * Finds what a program's credential stands for, with the bounds of a session: in memory, then by
 * its signature, then in the store. There are three kinds:
 *
 * - an API key: its checksum is verified before the store is read;
 * - the gate's own JWT (`TOKEN_ENDPOINT`): verified as FastAPI verifies it, and never looked up;
 * - a session token with its signature, from a device sign-in: the same value as the session cookie,
 *   so it shares the memory and the lookup of sessions.
 */
export function createCredentialReader(options: CredentialReaderOptions) {
  const { sessions, keyStore, cookieNames, now, startTimer } = options;
  const memory = new Lru<KnownSession>(CAPACITY);
  /** By key: when the store did not know it. */
  const unknown = new Lru<number>(UNKNOWN_CAPACITY);
  const once = createSingleFlight<SessionResult>(startTimer, LOOKUP_WAIT);
  const verify = createVerifier(options.jwt);

  function remember(credential: string, session: KnownSession): void {
    const length = credential.length + JSON.stringify(session.identity).length;
    if (length <= MAX_LENGTH) memory.set(credential, session);
  }

  async function lookUpKey(key: string): Promise<SessionResult> {
    try {
      const verifiedAt = now();
      const found = await keyStore(key);
      if (!found) {
        memory.delete(key);
        unknown.set(key, verifiedAt);
        return INVALID;
      }
      const session = { ...found, verifiedAt };
      remember(key, session);
      return { state: "active", session, source: "store", setCookies: [] };
    } catch (error) {
      return { state: "unreachable", error };
    }
  }

  function readKey(key: string, maxStale: number): MaybeAsync<SessionResult> {
    if (isRecent(unknown.get(key) ?? Number.NaN, now(), UNKNOWN_FOR)) return INVALID;
    // A shared lookup may have read the store before this request was sent.
    if (maxStale === 0) return lookUpKey(key);
    return once(`${maxStale} ${key}`, () => lookUpKey(key));
  }

  /**
   * A token counts as a result of the store at the time when it was issued. Like FastAPI, the gate
   * accepts it for `LEEWAY_SECONDS` after it has expired.
   */
  async function readJwt(jwt: string, maxStale: number): Promise<SessionResult> {
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
      remember(jwt, session);
      return { state: "active", session, source: "store", setCookies: [] };
    } catch (error) {
      if (error instanceof TokenError) return INVALID;
      throw error;
    }
  }

  async function readSessionToken(token: string, maxStale: number): Promise<SessionResult> {
    const cookie = encodeURIComponent(token);
    const header = `${cookieNames.token}=${cookie}`;
    const result = await sessions.read({ token: cookie, data: undefined }, header, {
      caller: "program",
      maxStale,
    });
    if (result.state === "none") return INVALID;
    // Cookies are for browsers.
    return result.state === "active" ? { ...result, setCookies: [] } : result;
  }

  return function readCredential(
    credential: string,
    { maxStale, acceptsJwt }: CredentialOptions,
  ): MaybeAsync<SessionResult> {
    const session = memory.get(credential);
    if (session?.jwt !== undefined && !acceptsJwt) return INVALID;
    if (session && isTrusted(session, now(), maxStale))
      return { state: "active", session, source: "memory", setCookies: [] };
    if (isApiKey(credential)) return readKey(credential, maxStale);
    if (JWT.test(credential)) return acceptsJwt ? readJwt(credential, maxStale) : INVALID;
    return readSessionToken(credential, maxStale);
  };
}
