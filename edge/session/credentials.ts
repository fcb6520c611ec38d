import { isApiKey } from "../../lib/auth/api-key";
import { isRecent } from "../../lib/is-recent";
import { Lru } from "../util/lru";
import type { MaybeAsync } from "../util/maybe-async";
import { createSingleFlight, type StartTimer } from "../util/single-flight";
import type { SessionCookieNames } from "./cookies";
import type { ReadJwt } from "./jwt";
import type { KeyStore } from "./key-store";
import { CAPACITY, isShort, LOOKUP_WAIT, type SessionReader } from "./reader";
import { INVALID, isTrusted, type KnownSession, type SessionResult } from "./session";

export interface CredentialReaderOptions {
  readonly sessions: SessionReader;
  readonly keyStore: KeyStore;
  readonly cookieNames: SessionCookieNames;
  readonly now: () => number;
  readonly startTimer: StartTimer;
}

export interface CredentialOptions {
  /** How long this request trusts a result of the store, in milliseconds. */
  readonly maxStale: number;
  /** For the request's backend. Undefined if the gate accepts no JWT. */
  readonly readJwt: ReadJwt | undefined;
}

/** Unknown keys that an isolate remembers: up to twice this number. */
const UNKNOWN_CAPACITY = 1_000;
/** How long a key that the store does not know is refused without another lookup. Milliseconds. */
const UNKNOWN_FOR = 30_000;

/** Three segments of base64url (RFC 7515 §7.1). */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Finds what a program's credential stands for, with the bounds of a session: in memory, then by
 * its signature, then in the store. There are three kinds:
 *
 * - an API key: its checksum is verified before the store is read;
 * - the gate's own JWT (`edge/session/jwt.ts`): only verified, with the audience of the backend;
 * - a session token with its signature, from a device sign-in: the same value as the session cookie,
 *   so it shares the memory and the lookup of sessions.
 */
export function createCredentialReader(options: CredentialReaderOptions) {
  const { sessions, keyStore, cookieNames, now, startTimer } = options;
  /** By key. */
  const memory = new Lru<KnownSession>(CAPACITY);
  /** By key: when the store did not know it. */
  const unknown = new Lru<number>(UNKNOWN_CAPACITY);
  const once = createSingleFlight<SessionResult>(startTimer, LOOKUP_WAIT);

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
      if (isShort(key, session)) memory.set(key, session);
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
    { maxStale, readJwt }: CredentialOptions,
  ): MaybeAsync<SessionResult> {
    const session = memory.get(credential);
    if (session && isTrusted(session, now(), maxStale))
      return { state: "active", session, source: "memory", setCookies: [] };
    if (isApiKey(credential)) return readKey(credential, maxStale);
    if (JWT.test(credential)) return readJwt ? readJwt(credential, maxStale) : INVALID;
    return readSessionToken(credential, maxStale);
  };
}
