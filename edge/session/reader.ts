import { createSignedCookies } from "../../lib/auth/signed-cookies";
import { openKeyRing } from "../../lib/token/key-ring";
import { Lru } from "../util/lru";
import { createSingleFlight, type StartTimer } from "../util/single-flight";
import { createCookieCache } from "./cookie-cache";
import type { SessionCookieNames, SessionCookies } from "./cookies";
import { createRenewal } from "./renewal";
import { isTrusted, type KnownSession, type SessionResult } from "./session";
import type { SessionStore } from "./store";

export interface SessionReaderOptions {
  readonly authSecrets: readonly string[];
  readonly cookieNames: SessionCookieNames;
  /** How long a result of the store is trusted at most, in milliseconds. 0: not at all. */
  readonly maxStale: number;
  readonly store: SessionStore;
  readonly now: () => number;
  readonly startTimer: StartTimer;
  /** Sessions that are kept in memory: up to twice this number. Default: {@link CAPACITY}. */
  readonly capacity?: number;
}

/** Sessions that an isolate keeps in memory: up to twice this number (`edge/util/lru.ts`). */
export const CAPACITY = 5_000;
/** Characters. */
const MAX_LENGTH = 4_096;

/** Whether a session is kept in memory. Longer ones are not, which also bounds the memory in bytes. */
export const isShort = (credential: string, { identity }: KnownSession) =>
  credential.length + JSON.stringify(identity).length <= MAX_LENGTH;

/**
 * How long a request waits for another request's lookup before it is repeated. Milliseconds. The
 * store itself has a timeout of 5 seconds.
 */
export const LOOKUP_WAIT = 4_000;

/**
 * The value of a session token cookie, signature included: Better Auth creates tokens of 32 letters
 * and digits.
 *
 * Attack: Better Auth signs other values with the same key, and a client could send one of them as
 * a session token. Defence: check the form as well as the signature.
 */
const SESSION_TOKEN = /^[A-Za-z0-9]{32}\./;

const NO_SESSION: SessionResult = { state: "none", setCookies: [] };

/**
 * A session in memory, and the cookie cache of the request that it comes from. A request with
 * another cookie cache is a cache miss.
 */
interface Kept {
  readonly data: string | undefined;
  readonly session: KnownSession;
  /**
   * Whether the session comes from a page's lookup, or from the cookie cache that such a lookup has
   * set. Pages trust only these entries. The lookup of a backend call neither extends the session
   * nor renews its cookies. If pages trusted its entries, a visitor who often calls the backend
   * would never cause a lookup that does both.
   */
  readonly forPages: boolean;
}

export interface ReadOptions {
  /**
   * - `page`: the response can set cookies, so the store may extend the session.
   * - `backend`: the response cannot set cookies, so the session is not extended.
   * - `program`: the session token came as a Bearer token. The session is extended, and needs no
   *   cookie for that: the token stays the same.
   */
  readonly caller: "page" | "backend" | "program";
  /**
   * How long this request trusts a result of the store, in milliseconds. At most the reader's own.
   */
  readonly maxStale: number;
}

export type SessionReader = ReturnType<typeof createSessionReader>;

/**
 * Finds the session of a request: in memory, then in the signed cookie cache, then in the store.
 */
export function createSessionReader(options: SessionReaderOptions) {
  const { authSecrets, cookieNames, maxStale: maxStaleLimit, store, now, startTimer } = options;
  const { capacity = CAPACITY } = options;
  const memory = new Lru<Kept>(capacity);
  /** By session token cookie: when a request that ends the session has passed. */
  const ended = new Lru<number>(capacity);
  const ring = openKeyRing(authSecrets);
  const signed = createSignedCookies(ring);
  const readCookieCache = createCookieCache(ring);
  const renewCookies = createRenewal(cookieNames, ring, signed);
  const once = createSingleFlight<SessionResult>(startTimer, LOOKUP_WAIT);

  /**
   * Whether only the store's result counts: after a sign-out, for as long as an older result could
   * be trusted. Not `isRecent`: the session must stay ended if the clock is set back.
   */
  const hasJustEnded = (token: string) => {
    const time = ended.get(token);
    return time !== undefined && now() - time < maxStaleLimit;
  };

  const remember = ({ token, data }: SessionCookies, session: KnownSession, forPages: boolean) => {
    if (maxStaleLimit > 0 && isShort(token + (data ?? ""), session) && !hasJustEnded(token))
      memory.set(token, { data, session, forPages });
  };

  /** The warm path: one map lookup, no I/O, no cryptography, no promise. */
  function recall(
    { token, data }: SessionCookies,
    maxStale: number,
    forPage: boolean,
  ): SessionResult | undefined {
    const kept = memory.get(token);
    if (kept === undefined || kept.data !== data || !isTrusted(kept.session, now(), maxStale))
      return undefined;
    if (forPage && !kept.forPages) return undefined;
    return { state: "active", session: kept.session, source: "memory", setCookies: [] };
  }

  /** Verifies the cookie cache. It counts only beside a session token cookie that is signed. */
  async function readCookie(cookies: SessionCookies, maxStale: number): Promise<KnownSession | undefined> {
    if (cookies.data === undefined || maxStale === 0 || hasJustEnded(cookies.token)) return undefined;
    const session = await readCookieCache(cookies.data, cookies.token, now());
    return session && isTrusted(session, now(), maxStale) ? session : undefined;
  }

  async function lookUp(
    cookies: SessionCookies,
    header: string,
    caller: ReadOptions["caller"],
  ): Promise<SessionResult> {
    try {
      const verifiedAt = now();
      const extend = caller !== "backend";
      const { session, setCookies } = await store(await signed.renew(header), { extend });
      if (!session) {
        memory.delete(cookies.token);
        return { state: "none", setCookies };
      }
      const known = { ...session, verifiedAt };
      remember(cookies, known, caller === "page");
      return { state: "active", session: known, source: "store", setCookies };
    } catch (error) {
      return { state: "unreachable", error };
    }
  }

  function find(
    cookies: SessionCookies,
    header: string,
    { caller, maxStale }: ReadOptions,
  ): SessionResult | Promise<SessionResult> {
    // A page request without a cookie cache (the browser drops it when it expires) reads the store
    // even if the session is in memory. Its response then sets a new cookie cache. Otherwise each
    // render would look up the session again.
    const isPage = caller === "page";
    const mayRecall = !isPage || cookies.data !== undefined;
    const recalled = mayRecall ? recall(cookies, maxStale, isPage) : undefined;
    if (recalled) return recalled;
    const verify = async (): Promise<SessionResult> => {
      if (!SESSION_TOKEN.test(cookies.token)) return NO_SESSION;
      // Attack: a forged session token cookie. It never reaches the store. A genuine cookie cache
      // beside it does not help: Better Auth would refuse the token, and the page and the gate
      // would redirect the visitor to each other.
      const [isSigned, session] = await Promise.all([
        signed.isSigned(cookies.token),
        readCookie(cookies, maxStale),
      ]);
      if (!isSigned) return NO_SESSION;
      if (!session) return lookUp(cookies, header, caller);
      remember(cookies, session, true);
      return { state: "active", session, source: "cookie", setCookies: [] };
    };
    // A shared lookup may have read the store before this request was sent, or before the
    // sign-out, so these requests do not share one.
    if (maxStale === 0 || hasJustEnded(cookies.token)) return verify();
    return once(`${caller} ${maxStale} ${cookies.token} ${cookies.data}`, verify);
  }

  /**
   * Adds the cookies that must be signed again, except those that the store sets: they are newer.
   */
  async function withRenewal(result: SessionResult, cookies: SessionCookies): Promise<SessionResult> {
    if (result.state !== "active") return result;
    const { expiresAt } = result.session;
    const renewed = await renewCookies(cookies, { expiresAt, now: now() });
    const nameOf = (setCookie: string) => setCookie.slice(0, setCookie.indexOf("="));
    const names = new Set(result.setCookies.map(nameOf));
    const added = renewed.filter((setCookie) => !names.has(nameOf(setCookie)));
    return { ...result, setCookies: [...result.setCookies, ...added] };
  }

  return {
    /** Finds the session. A forged cookie or a failing store is a result, not an error. */
    read(
      cookies: SessionCookies | undefined,
      header: string,
      options: ReadOptions,
    ): SessionResult | Promise<SessionResult> {
      if (!cookies) return NO_SESSION;
      const found = find(cookies, header, options);
      // Only during a rotation, and only a page's response can set cookies.
      if (ring.size === 1 || options.caller !== "page") return found;
      return Promise.resolve(found).then((result) => withRenewal(result, cookies));
    },

    /** Forgets the session, when a request that ends it passes. Later requests read the store. */
    async end({ token }: SessionCookies): Promise<void> {
      // Attack: forged tokens would push real ones out of the map. Defence: keep signed tokens
      // only.
      if (!(await signed.isSigned(token))) return;
      ended.set(token, now());
      // Last: from now on `remember` keeps nothing of this session, but a lookup may have kept a
      // result while the signature was checked.
      memory.delete(token);
    },
  };
}
