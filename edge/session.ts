import type { Identity } from "../lib/contract";
import type { SessionCookies } from "./cookies";
import { Lru } from "./lru";
import { createSignedCookies } from "./signed-cookies";
import { createSingleFlight, type Wait } from "./single-flight";

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
  readonly authSecret: string;
  /** For how long an answer of the store is trusted, in milliseconds. 0: not at all. */
  readonly maxStale: number;
  readonly askStore: AskStore;
  readonly now: () => number;
  readonly wait: Wait;
}

/** Sessions kept in an isolate's memory at least; twice as many at most. */
const CAPACITY = 5_000;
/** Cookies longer than this are not kept, which bounds the memory in bytes as well. Characters. */
const MAX_LENGTH = 4_096;
/** After that many milliseconds one who waits for another's look-up makes it alone. */
const PATIENCE = 2_000;

const NO_SESSION: SessionAnswer = { state: "none", setCookies: [] };

/** A session, and the cookie cache that it came with: another one is another answer. */
interface Kept {
  readonly data: string | undefined;
  readonly session: KnownSession;
}

/** Finds the session behind a request: in memory, in the signed cookie, in the store, in this order. */
export function createSessionReader({ authSecret, maxStale, askStore, now, wait }: SessionReaderOptions) {
  const memory = new Lru<Kept>(CAPACITY);
  /** When a sign-out has passed, by session token. */
  const ended = new Lru<number>(CAPACITY);
  const signed = createSignedCookies(authSecret);
  const once = createSingleFlight<SessionAnswer>(wait, PATIENCE);

  const isTrusted = (session: KnownSession) => {
    const time = now();
    return time - session.verifiedAt < maxStale && time < session.expiresAt;
  };

  /** Whether only the store's word counts: after a sign-out, for as long as an older one could be trusted. */
  const isEnding = (token: string) => {
    const time = ended.get(token);
    return time !== undefined && now() - time < maxStale;
  };

  const remember = ({ token, data }: SessionCookies, session: KnownSession) => {
    const fits = token.length + (data?.length ?? 0) <= MAX_LENGTH;
    if (maxStale > 0 && fits && !isEnding(token)) memory.set(token, { data, session });
  };

  /** The warm path: one look-up, no I/O, no cryptography. */
  function recall({ token, data }: SessionCookies): SessionAnswer | undefined {
    const kept = memory.get(token);
    if (kept === undefined || kept.data !== data) return undefined;
    if (isTrusted(kept.session))
      return { state: "active", session: kept.session, source: "memory", setCookies: [] };
    memory.delete(token);
    return undefined;
  }

  async function readCookie(cookies: SessionCookies): Promise<SessionAnswer | undefined> {
    if (cookies.data === undefined || maxStale === 0 || isEnding(cookies.token)) return undefined;
    const session = await signed.readCookieCache(cookies.data, cookies.token, now());
    if (!session || !isTrusted(session)) return undefined;
    remember(cookies, session);
    return { state: "active", session, source: "cookie", setCookies: [] };
  }

  async function lookUp(cookies: SessionCookies, header: string, extend: boolean): Promise<SessionAnswer> {
    try {
      const verifiedAt = now();
      const { session, setCookies } = await askStore(header, { extend });
      if (!session) return { state: "none", setCookies };
      const known = { ...session, verifiedAt };
      remember(cookies, known);
      return { state: "active", session: known, source: "store", setCookies };
    } catch (error) {
      return { state: "unreachable", error };
    }
  }

  return {
    /**
     * `extend` stands for a page: its answer can carry cookies. So a page whose cookie cache has run out asks the
     * store though memory may know the session, and brings a fresh one back; else every render would ask by itself.
     */
    async read(
      cookies: SessionCookies | undefined,
      header: string,
      { extend }: { extend: boolean },
    ): Promise<SessionAnswer> {
      if (!cookies) return NO_SESSION;
      const mayRecall = !extend || cookies.data !== undefined;
      const recalled = mayRecall ? recall(cookies) : undefined;
      if (recalled) return recalled;
      return once(`${extend} ${cookies.token} ${cookies.data}`, async () => {
        const read = await readCookie(cookies);
        if (read) return read;
        // A forged cookie never reaches the store.
        if (!(await signed.isSessionToken(cookies.token))) return NO_SESSION;
        return lookUp(cookies, header, extend);
      });
    },

    /** A sign-out is passing: what is known here of the session counts no more. */
    async end({ token }: SessionCookies): Promise<void> {
      memory.delete(token);
      // Forged tokens must not push the real ones out.
      if (await signed.isSessionToken(token)) ended.set(token, now());
    },
  };
}
