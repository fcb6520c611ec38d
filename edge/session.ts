import type { Identity } from "../lib/contract";
import { openKeyRing } from "../lib/hmac";
import { isRecent } from "../lib/is-recent";
import { createSignedCookies } from "../lib/signed-cookies";
import { createCookieCache } from "./cookie-cache";
import type { SessionCookies } from "./cookies";
import { Lru } from "./lru";
import { createSingleFlight, type StartTimer } from "./single-flight";

export type SessionState = "active" | "none" | "unreachable";

/** A session that the store has vouched for. Times in milliseconds since the epoch. */
export interface KnownSession {
  readonly identity: Identity;
  readonly expiresAt: number;
  /** When the store was asked. */
  readonly verifiedAt: number;
}

export type SessionAnswer =
  | {
      readonly state: "active";
      readonly session: KnownSession;
      readonly source: "memory" | "cookie" | "store";
      /** `Set-Cookie` values for the browser. */
      readonly setCookies: readonly string[];
    }
  | { readonly state: "none"; readonly setCookies: readonly string[] }
  | { readonly state: "unreachable"; readonly error: unknown };

/** What the store says. It rejects when it cannot say anything. */
export type StoreAnswer =
  | {
      readonly session: { readonly identity: Identity; readonly expiresAt: number };
      readonly setCookies: readonly string[];
    }
  | { readonly session: null; readonly setCookies: readonly string[] };

/** Asks the store about the session in this `Cookie` header; `extend` lets it prolong the session. */
export type AskStore = (cookieHeader: string, options: { extend: boolean }) => Promise<StoreAnswer>;

export interface SessionReaderOptions {
  readonly authSecrets: readonly string[];
  /** For how long an answer of the store is trusted at most, in milliseconds. 0: not at all. */
  readonly maxStale: number;
  readonly askStore: AskStore;
  readonly now: () => number;
  readonly startTimer: StartTimer;
}

/** Sessions kept in an isolate's memory at least; twice as many at most. */
const CAPACITY = 5_000;
/** Sessions longer than this are not kept, which bounds the memory in bytes as well. Characters. */
const MAX_LENGTH = 4_096;
/** After that many milliseconds one of those who wait for another's look-up makes it anew; the store has 5 seconds itself. */
const PATIENCE = 4_000;

/**
 * The cookie of a session token, signature included: Better Auth makes tokens of 32 letters and
 * digits. It signs other values with the same key, so a signature alone does not prove that a value
 * is a session token.
 */
const SESSION_TOKEN = /^[A-Za-z0-9]{32}\./;

const NO_SESSION: SessionAnswer = { state: "none", setCookies: [] };

/** A session, and the cookie cache that it came with: another one is another answer. */
interface Kept {
  readonly data: string | undefined;
  readonly session: KnownSession;
  /**
   * Whether it comes from a page's lookup, or from the cookie cache that one has set. A page trusts nothing else: a
   * backend call's lookup neither extends the session nor renews its cookies, and a page that trusted one would not
   * do so either for as long as the caller also calls the backend.
   */
  readonly forPages: boolean;
}

export interface ReadOptions {
  /** Whether the answer can carry cookies, as a page's can: then the store may prolong the session. */
  readonly extend: boolean;
  /** For how long this request trusts an answer of the store, in milliseconds; at most the reader's own. */
  readonly maxStale: number;
}

/** Finds the session behind a request: in memory, in the signed cookie, in the store, in this order. */
export function createSessionReader(options: SessionReaderOptions) {
  const { authSecrets, maxStale: longest, askStore, now, startTimer } = options;
  const memory = new Lru<Kept>(CAPACITY);
  /** When a sign-out has passed, by session token. */
  const ended = new Lru<number>(CAPACITY);
  const ring = openKeyRing(authSecrets);
  const signed = createSignedCookies(ring);
  const readCookieCache = createCookieCache(ring);
  const once = createSingleFlight<SessionAnswer>(startTimer, PATIENCE);

  const isTrusted = (session: KnownSession, maxStale: number) => {
    const time = now();
    return isRecent(session.verifiedAt, time, maxStale) && time < session.expiresAt;
  };

  /**
   * Whether only the store counts: after a sign-out, for as long as an older result could be trusted.
   * Also when the clock has stepped back since, which is why this is not `isRecent`.
   */
  const isEnding = (token: string) => {
    const time = ended.get(token);
    return time !== undefined && now() - time < longest;
  };

  const remember = ({ token, data }: SessionCookies, session: KnownSession, forPages: boolean) => {
    const length = token.length + (data?.length ?? 0) + JSON.stringify(session.identity).length;
    if (longest > 0 && length <= MAX_LENGTH && !isEnding(token))
      memory.set(token, { data, session, forPages });
  };

  /** The warm path: one look-up, no I/O, no cryptography, no promise. */
  function recall(
    { token, data }: SessionCookies,
    maxStale: number,
    forPage: boolean,
  ): SessionAnswer | undefined {
    const kept = memory.get(token);
    if (kept === undefined || kept.data !== data || !isTrusted(kept.session, maxStale)) return undefined;
    if (forPage && !kept.forPages) return undefined;
    return { state: "active", session: kept.session, source: "memory", setCookies: [] };
  }

  async function readCookie(cookies: SessionCookies, maxStale: number): Promise<SessionAnswer | undefined> {
    if (cookies.data === undefined || maxStale === 0 || isEnding(cookies.token)) return undefined;
    const session = await readCookieCache(cookies.data, cookies.token, now());
    if (!session || !isTrusted(session, maxStale)) return undefined;
    remember(cookies, session, true);
    return { state: "active", session, source: "cookie", setCookies: [] };
  }

  async function lookUp(cookies: SessionCookies, header: string, extend: boolean): Promise<SessionAnswer> {
    try {
      const verifiedAt = now();
      const { session, setCookies } = await askStore(await signed.renew(header), { extend });
      if (!session) {
        memory.delete(cookies.token);
        return { state: "none", setCookies };
      }
      const known = { ...session, verifiedAt };
      remember(cookies, known, extend);
      return { state: "active", session: known, source: "store", setCookies };
    } catch (error) {
      return { state: "unreachable", error };
    }
  }

  return {
    /**
     * A page whose cookie cache has run out asks the store though memory may know the session, and brings a fresh one
     * back; else every render would ask by itself.
     */
    read(
      cookies: SessionCookies | undefined,
      header: string,
      { extend, maxStale }: ReadOptions,
    ): SessionAnswer | Promise<SessionAnswer> {
      if (!cookies) return NO_SESSION;
      const mayRecall = !extend || cookies.data !== undefined;
      const recalled = mayRecall ? recall(cookies, maxStale, extend) : undefined;
      if (recalled) return recalled;
      const find = async () => {
        if (!SESSION_TOKEN.test(cookies.token)) return NO_SESSION;
        // A forged cookie never reaches the store, and is no better for the genuine cookie cache beside it: Better Auth
        // would not take it, and the page and the gate would send the visitor to each other.
        if (!(await signed.isSigned(cookies.token))) return NO_SESSION;
        return (await readCookie(cookies, maxStale)) ?? lookUp(cookies, header, extend);
      };
      // Another's look-up may have read the store before this request was sent, or before the sign-out.
      if (maxStale === 0 || isEnding(cookies.token)) return find();
      return once(`${extend} ${maxStale} ${cookies.token} ${cookies.data}`, find);
    },

    /** A request that ends the session is passing: what is known here of it counts no more. */
    async end({ token }: SessionCookies): Promise<void> {
      // Forged tokens must not push the real ones out.
      if (!(await signed.isSigned(token))) return;
      ended.set(token, now());
      // Now that nothing older is kept any more: a look-up may have come in while the signature was checked.
      memory.delete(token);
    },
  };
}
