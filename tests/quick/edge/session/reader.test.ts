import { beforeEach, describe, expect, it } from "vitest";
import { readSessionCookies, sessionCookieNames } from "../../../../edge/session/cookies";
import { createSessionReader } from "../../../../edge/session/reader";
import type { SessionResult } from "../../../../edge/session/session";
import type { SessionStore, StoreResult } from "../../../../edge/session/store";
import { identityOf } from "../../../../lib/token/contract";
import {
  AUTH_SECRET,
  SESSION_CREATED_AT,
  sessionToken,
  signCookie,
  signCookieCache,
  signSessionToken,
} from "../../../../scripts/stack/signing";

const START = Date.UTC(2026, 0, 1);
const identity = identityOf(
  { id: "user-1", email: "ada@example.com", name: "Ada" },
  { id: "session-of-abc", createdAt: new Date(SESSION_CREATED_AT) },
);

let time: number;
let lookups: { header: string; extend: boolean }[];
let reply: () => Promise<StoreResult>;

beforeEach(() => {
  time = START;
  lookups = [];
  reply = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: [] });
});

const store: SessionStore = (header, { extend }) => {
  lookups.push({ header, extend });
  return reply();
};

function readerAndEnd(maxStale = 60_000, authSecrets = [AUTH_SECRET]) {
  const sessions = createSessionReader({
    authSecrets,
    cookieNames: sessionCookieNames(false),
    maxStale,
    store,
    now: () => time,
    startTimer: () => () => {},
  });
  const cookiesOf = (header: string) => readSessionCookies(header, sessionCookieNames(false));
  return {
    read: (header: string, extend = false, bound = maxStale) =>
      sessions.read(cookiesOf(header), header, { caller: extend ? "page" : "backend", maxStale: bound }),
    end: (header: string) => sessions.end(cookiesOf(header) ?? { token: "", data: undefined }),
  };
}

const reader = (maxStale?: number) => readerAndEnd(maxStale).read;

const tokenCookie = async (token = "abc") => `better-auth.session_token=${await signSessionToken(token)}`;
const bothCookies = async (options: Partial<Parameters<typeof signCookieCache>[0]> = {}) =>
  `${await tokenCookie()}; better-auth.session_data=${await signCookieCache({ token: "abc", updatedAt: START, ...options })}`;

const summary = (result: SessionResult) => (result.state === "active" ? result.source : result.state);

describe("a visitor without a session", () => {
  it("is known without a lookup in the store", async () => {
    expect(await reader()("theme=dark")).toMatchObject({ state: "none" });
    expect(lookups).toEqual([]);
  });

  it.each([
    ["no signature", async () => sessionToken("abc")],
    ["an empty signature", async () => `${sessionToken("abc")}.`],
    ["a signature of another secret", () => signSessionToken("abc", "another-secret-another-secret-another")],
    ["the signature of another token", async () => (await signSessionToken("abc")).replace("abc", "abd")],
    ["a signature cut short", async () => (await signSessionToken("abc")).slice(0, -6)],
    [
      "a signature that is not base64",
      async () => encodeURIComponent(`${sessionToken("abc")}.${"!".repeat(43)}=`),
    ],
    ["a value that cannot be decoded", async () => `${sessionToken("abc")}.%E0%A4%A`],
    // Otherwise a second spelling of the cookie would stay in memory after the sign-out of the
    // first.
    ["another percent-encoding", async () => (await signSessionToken("abc")).replace("abc", "%61bc")],
  ])("who forges a cookie with %s does not reach the store", async (_, forge) => {
    expect(await reader()(`better-auth.session_token=${await forge()}`)).toEqual({
      state: "none",
      setCookies: [],
    });
    expect(lookups).toEqual([]);
  });
});

/**
 * Attack: Better Auth signs these cookies with the same key, so a signature alone does not prove
 * that a value is a session token.
 */
it.each([
  ["dont_remember", "true"],
  ["the OAuth state of earlier versions", `${"aB3-_".repeat(7)}`.slice(0, 32)],
  ["a trusted device", `${"a".repeat(43)}!trust-device-${"b".repeat(32)}`],
  ["a session token that is longer", sessionToken("abc").padEnd(33, "0")],
])("a signed value of another cookie is not a session token and causes no lookup: %s", async (_, value) => {
  const header = `better-auth.session_token=${await signCookie(value)}`;
  expect(await reader()(header)).toEqual({ state: "none", setCookies: [] });
  expect(lookups).toEqual([]);
});

describe("a clock that steps back by an hour", () => {
  it("makes a session in memory stale", async () => {
    const read = reader();
    const header = await tokenCookie();
    await read(header);
    time = START - 3_600_000;
    expect(summary(await read(header))).toBe("store");
    time += 1_000;
    expect(summary(await read(header))).toBe("memory");
  });

  it("makes a cookie cache stale", async () => {
    const header = await bothCookies();
    time = START - 3_600_000;
    expect(summary(await reader()(header))).toBe("store");
  });

  it("does not undo a sign-out", async () => {
    const { read, end } = readerAndEnd();
    const header = await bothCookies({ updatedAt: START - 3_600_000 });
    await end(header);
    reply = async () => ({ session: null, setCookies: [] });
    time = START - 3_599_000;
    expect(summary(await read(header))).toBe("none");
  });
});

describe("the store", () => {
  it("is read once for a session that memory does not know", async () => {
    const read = reader();
    const header = await tokenCookie();
    expect(summary(await read(header))).toBe("store");
    expect(summary(await read(header))).toBe("memory");
    expect(lookups).toEqual([{ header, extend: false }]);
  });

  it("is read once for a thousand simultaneous requests", async () => {
    const read = reader();
    const header = await tokenCookie();
    const results = await Promise.all(Array.from({ length: 1000 }, () => read(header)));
    expect(lookups).toHaveLength(1);
    expect(results.every(({ state }) => state === "active")).toBe(true);
  });

  it("may extend the session for a page, and its cookies are passed on", async () => {
    reply = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: ["a=b"] });
    expect(await reader()(await tokenCookie(), true)).toMatchObject({ setCookies: ["a=b"] });
    expect(lookups[0]?.extend).toBe(true);
  });

  it("is read for a page without a cookie cache, so that the response sets one", async () => {
    const read = reader();
    const header = await tokenCookie();
    await read(header);
    expect(summary(await read(header, true))).toBe("store");
  });

  it("is read for a page whose cookie cache has expired, even if a call to the backend has just read it", async () => {
    const read = reader();
    const header = await bothCookies({ updatedAt: START - 61_000 });
    expect(summary(await read(header))).toBe("store");
    expect(summary(await read(header, true))).toBe("store");
    expect(lookups.map(({ extend }) => extend)).toEqual([false, true]);
    // After the page's lookup, pages and calls need no other one while its result is trusted.
    expect(summary(await read(header, true))).toBe("memory");
    expect(summary(await read(header))).toBe("memory");
  });

  it("that has no such session clears the cookies", async () => {
    reply = async () => ({ session: null, setCookies: ["better-auth.session_token=; Max-Age=0"] });
    expect(await reader()(await tokenCookie())).toEqual({
      state: "none",
      setCookies: ["better-auth.session_token=; Max-Age=0"],
    });
  });

  it("that fails is unreachable, which is not a sign-out, and is read again", async () => {
    const read = reader();
    const header = await tokenCookie();
    reply = () => Promise.reject(new Error("down"));
    expect((await read(header)).state).toBe("unreachable");
    reply = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: [] });
    expect(summary(await read(header))).toBe("store");
  });
});

describe("the signed cookie", () => {
  it("does not make a forged session token cookie valid", async () => {
    const forged = (await bothCookies()).replace(
      /session_token=abcx{29}\.[^;]+/,
      `session_token=${sessionToken("abc")}.${"A".repeat(43)}%3D`,
    );
    expect(await reader()(forged)).toEqual({ state: "none", setCookies: [] });
    expect(lookups).toEqual([]);
  });

  it("makes a lookup in the store unnecessary", async () => {
    const result = await reader()(await bothCookies());
    expect(result).toMatchObject({
      source: "cookie",
      session: { identity: { ...identity }, verifiedAt: START },
    });
    expect(lookups).toEqual([]);
  });

  it.each([
    ["is signed with another secret", { secret: "another-secret-another-secret-another" }],
    ["belongs to another session", { token: "someone-else" }],
    ["has expired", { maxAgeSeconds: 0 }],
    ["is older than the bound", { updatedAt: START - 60_000, maxAgeSeconds: 600 }],
    ["is of a session that has ended", { sessionExpiresAt: START }],
    ["has no valid time of the sign-in", { sessionCreatedAt: "yesterday" }],
  ])("that %s is not trusted", async (_, options) => {
    expect(summary(await reader()(await bothCookies(options)))).toBe("store");
  });

  describe("of a session with an active organisation", () => {
    const acme = { id: "org-1", slug: "acme", role: "admin" };

    it("contains the membership if the gate has signed it", async () => {
      const header = await bothCookies({ activeOrganizationId: "org-1", org: acme });
      expect(await reader()(header)).toMatchObject({
        source: "cookie",
        session: { identity: { org: acme } },
      });
    });

    it("contains that the user is no member if the gate has signed it", async () => {
      const result = await reader()(await bothCookies({ activeOrganizationId: "org-1", org: null }));
      expect(result).toMatchObject({ source: "cookie", session: { identity } });
      expect(result).not.toMatchObject({ session: { identity: { org: expect.anything() } } });
    });

    it("proves no membership if Better Auth has signed it, so the store is read", async () => {
      expect(summary(await reader()(await bothCookies({ activeOrganizationId: "org-1" })))).toBe("store");
    });

    it("is trusted no longer than the bound, so a removed member loses the role", async () => {
      const read = reader();
      const header = await bothCookies({ activeOrganizationId: "org-1", org: acme });
      time = START + 59_999;
      expect(summary(await read(header))).toBe("cookie");
      time = START + 60_000;
      expect(summary(await read(header))).toBe("store");
    });
  });

  it("without an active organisation gives no membership", async () => {
    const result = await reader()(await bothCookies({ org: { id: "org-1", slug: "acme", role: "admin" } }));
    expect(result).toMatchObject({ source: "cookie", session: { identity } });
    expect(result).not.toMatchObject({ session: { identity: { org: expect.anything() } } });
  });

  it("without a signature is not trusted", async () => {
    const [header, payload] = (await signCookieCache({ token: "abc", updatedAt: START })).split(".");
    const unsigned = `${btoa('{"alg":"none"}').replace(/=+$/, "")}.${payload}.`;
    for (const data of [unsigned, `${header}.${payload}.`, "x", "x.y.z"]) {
      const cookies = `${await tokenCookie()}; better-auth.session_data=${data}`;
      expect(summary(await reader()(cookies)), data).toBe("store");
    }
  });

  it("is stale when the clock that signed it runs ahead", async () => {
    expect(summary(await reader()(await bothCookies({ updatedAt: START + 30_000 })))).toBe("store");
  });
});

describe("the revocation bound", () => {
  it("ends the trust in a session in memory", async () => {
    const read = reader();
    const header = await tokenCookie();
    await read(header);
    time = START + 59_999;
    expect(summary(await read(header))).toBe("memory");
    time = START + 60_000;
    expect(summary(await read(header))).toBe("store");
  });

  it("counts from the read of the store, not from the arrival of the cookie", async () => {
    const read = reader();
    const header = await bothCookies();
    time = START + 50_000;
    expect(summary(await read(header))).toBe("cookie");
    time = START + 60_000;
    expect(summary(await read(header))).toBe("store");
  });

  it("ends with the same second as the page's own check", async () => {
    const read = reader();
    const header = await bothCookies({ updatedAt: START + 900 });
    time = START + 900;
    expect(summary(await read(header))).toBe("cookie");
    time = START + 60_000;
    expect(summary(await read(header))).toBe("store");
  });

  it("of 0 reads the store every time", async () => {
    const read = reader(0);
    const header = await bothCookies();
    await read(header);
    await read(header);
    expect(lookups).toHaveLength(2);
  });

  it("is shorter for a path with a shorter one, and memory keeps the session for other paths", async () => {
    const read = reader();
    const header = await bothCookies();
    await read(header);
    time = START + 10_000;
    expect(summary(await read(header, false, 5_000))).toBe("store");
    expect(summary(await read(header, false, 5_000))).toBe("memory");
    expect(summary(await read(header, false, 0))).toBe("store");
    expect(summary(await read(header))).toBe("memory");
  });

  it("of 0 shares no lookup, which may have read the store before this request was sent", async () => {
    const read = reader();
    const header = await tokenCookie();
    await Promise.all([read(header, false, 0), read(header, false, 0)]);
    expect(lookups).toHaveLength(2);
  });

  it("removes a session from memory that the store no longer has", async () => {
    const read = reader();
    const header = await tokenCookie();
    await read(header);
    reply = async () => ({ session: null, setCookies: [] });
    expect(summary(await read(header, false, 0))).toBe("none");
    expect(summary(await read(header))).toBe("none");
  });

  it("never outlasts the session itself", async () => {
    reply = async () => ({ session: { identity, expiresAt: START + 5_000 }, setCookies: [] });
    const read = reader();
    const header = await tokenCookie();
    await read(header);
    time = START + 5_000;
    expect(summary(await read(header))).toBe("store");
  });
});

describe("a sign-out that passes", () => {
  it("makes memory and the signed cookie invalid for the session", async () => {
    const { read, end } = readerAndEnd();
    const header = await bothCookies();
    expect(summary(await read(header))).toBe("cookie");
    await end(header);
    reply = async () => ({ session: null, setCookies: [] });
    expect(summary(await read(header))).toBe("none");
  });

  it("makes each request read the store while an older result could still be trusted", async () => {
    const { read, end } = readerAndEnd();
    const header = await tokenCookie();
    await end(header);
    // The sign-out has not reached the database yet.
    expect(summary(await read(header))).toBe("store");
    expect(summary(await read(header))).toBe("store");
    time = START + 60_000;
    await read(header);
    expect(summary(await read(header))).toBe("memory");
  });

  describe("is not undone by a lookup that began before it", () => {
    let settle: (result: StoreResult) => void;
    const active: StoreResult = { session: { identity, expiresAt: START + 86_400_000 }, setCookies: [] };

    /** Begins a lookup. The store has read the session, but has not returned it yet. */
    async function begin() {
      const { read, end } = readerAndEnd();
      const header = await tokenCookie();
      reply = () => new Promise((resolve) => (settle = resolve));
      const before = read(header);
      while (lookups.length === 0) await new Promise((resolve) => setTimeout(resolve));
      reply = async () => ({ session: null, setCookies: [] });
      return { before, read: () => read(header), end: () => end(header) };
    }

    it("and ends while the sign-out passes", async () => {
      const { before, read, end } = await begin();
      const ending = end();
      settle(active);
      await Promise.all([before, ending]);
      expect(summary(await read())).toBe("none");
    });

    it("and ends after it", async () => {
      const { before, read, end } = await begin();
      await end();
      const after = read();
      settle(active);
      expect(summary(await before)).toBe("store");
      expect(summary(await after)).toBe("none");
    });
  });

  it("ends no other session", async () => {
    const { read, end } = readerAndEnd();
    const header = await tokenCookie();
    await read(header);
    await end(await tokenCookie("other"));
    expect(summary(await read(header))).toBe("memory");
  });
});

describe("memory", () => {
  it("returns a session only for the cookie cache that it came with", async () => {
    const read = reader();
    await read(await tokenCookie());
    const foreign = `${await tokenCookie()}; better-auth.session_data=${await signCookieCache({ token: "x", updatedAt: START })}`;
    expect(summary(await read(foreign))).toBe("store");
  });

  it("keeps no session of a user with a very long name", async () => {
    const read = reader();
    const header = await tokenCookie();
    const large = { ...identity, name: "x".repeat(4_096) };
    reply = async () => ({ session: { identity: large, expiresAt: START + 86_400_000 }, setCookies: [] });
    await read(header);
    expect(summary(await read(header))).toBe("store");
  });

  it("keeps its sessions during a flood of forged cookies, which never reach the store", async () => {
    const { read, end } = readerAndEnd();
    const known = await tokenCookie("known");
    const ended = await tokenCookie("ended");
    await read(known);
    await end(ended);
    // Signatures of a valid form, and more visitors than memory holds.
    const signature = encodeURIComponent(`${"A".repeat(43)}=`);
    const forged = Array.from({ length: 10_001 }, (_, i) => `better-auth.session_token=t${i}.${signature}`);
    await Promise.all(forged.flatMap((header) => [read(header), end(header)]));
    expect(lookups).toHaveLength(1);
    expect(summary(await read(known))).toBe("memory");
    await read(ended);
    expect(summary(await read(ended))).toBe("store");
  });

  it("forgets the least recently used of many sessions", async () => {
    const read = reader();
    const first = await tokenCookie("first");
    await read(first);
    for (let i = 0; i < 10_000; i++) await read(await tokenCookie(`other-${i}`));
    expect(summary(await read(first))).toBe("store");
  });
});

describe("while the secret is rotated", () => {
  const NEWER = "newer-secret-newer-secret-newer-secret-1";
  const ring = [NEWER, AUTH_SECRET];

  it("a cookie of the older secret is passed to the store with a signature of the newer one", async () => {
    const { read } = readerAndEnd(60_000, ring);
    expect(summary(await read(`a=b; ${await tokenCookie()}; c=d`))).toBe("store");
    const renewed = await signSessionToken("abc", NEWER);
    expect(lookups[0]?.header).toBe(`a=b; better-auth.session_token=${renewed}; c=d`);
  });

  it("a cookie of the newer secret is passed to the store unchanged", async () => {
    const { read } = readerAndEnd(60_000, ring);
    const header = `better-auth.session_token=${await signSessionToken("abc", NEWER)}`;
    await read(header);
    expect(lookups[0]?.header).toBe(header);
  });

  it("a cookie cache of either secret is trusted", async () => {
    expect(summary(await readerAndEnd(60_000, ring).read(await bothCookies()))).toBe("cookie");
    expect(summary(await readerAndEnd(60_000, ring).read(await bothCookies({ secret: NEWER })))).toBe(
      "cookie",
    );
  });

  it("a cookie of a secret that is no longer in the ring is treated as forged", async () => {
    const { read } = readerAndEnd(60_000, [NEWER]);
    expect(summary(await read(await bothCookies()))).toBe("none");
    expect(lookups).toEqual([]);
  });

  describe("a page response", () => {
    const EXPIRES_AT = START + 86_400_000;
    const settings = (result: SessionResult) => (result.state === "active" ? result.setCookies : []);
    const mark = async (secret?: string) => `better-auth.dont_remember=${await signCookie("true", secret)}`;
    const renewedToken = async (maxAge = "; Max-Age=86400") =>
      `better-auth.session_token=${await signSessionToken("abc", NEWER)}${maxAge}; Path=/; HttpOnly; SameSite=Lax`;
    const deletedCache = "better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax";

    it("signs the session token of an older secret again, though the store does not extend it", async () => {
      const { read } = readerAndEnd(60_000, ring);
      expect(settings(await read(await tokenCookie(), true))).toEqual([await renewedToken()]);
    });

    it("signs it again each time, because the browser may not have received the response", async () => {
      const { read } = readerAndEnd(60_000, ring);
      const header = await bothCookies({ sessionExpiresAt: EXPIRES_AT });
      for (const source of ["cookie", "memory", "memory"]) {
        const result = await read(header, true);
        expect(summary(result)).toBe(source);
        expect(settings(result)).toEqual([await renewedToken(), deletedCache]);
      }
    });

    it('keeps the cookie without a lifetime for a session with "do not remember me"', async () => {
      const { read } = readerAndEnd(60_000, ring);
      const header = `${await tokenCookie()}; ${await mark()}`;
      const renewedMark = `${await mark(NEWER)}; Path=/; HttpOnly; SameSite=Lax`;
      expect(settings(await read(header, true))).toEqual([await renewedToken(""), renewedMark]);
    });

    it("signs only the mark again if the token has the newer secret", async () => {
      const { read } = readerAndEnd(60_000, ring);
      const token = `better-auth.session_token=${await signSessionToken("abc", NEWER)}`;
      const renewedMark = `${await mark(NEWER)}; Path=/; HttpOnly; SameSite=Lax`;
      expect(settings(await read(`${token}; ${await mark()}`, true))).toEqual([renewedMark]);
    });

    it("does not sign a forged mark", async () => {
      const { read } = readerAndEnd(60_000, ring);
      const header = `${await tokenCookie()}; better-auth.dont_remember=true.${"A".repeat(43)}%3D`;
      expect(settings(await read(header, true))).toEqual([await renewedToken()]);
    });

    it("leaves the cookies of the store as they are", async () => {
      const { read } = readerAndEnd(60_000, ring);
      const setCookies = [
        "better-auth.session_token=of-the-store; Path=/",
        "better-auth.session_data=new; Path=/",
      ];
      reply = async () => ({ session: { identity, expiresAt: EXPIRES_AT }, setCookies });
      const outdated = await bothCookies({ updatedAt: START - 61_000 });
      expect(settings(await read(outdated, true))).toEqual(setCookies);
    });

    it("signs nothing if all cookies have the newer secret", async () => {
      const { read } = readerAndEnd(60_000, ring);
      const token = `better-auth.session_token=${await signSessionToken("abc", NEWER)}`;
      const data = await signCookieCache({ token: "abc", updatedAt: START, secret: NEWER });
      const header = `${token}; better-auth.session_data=${data}; ${await mark(NEWER)}`;
      for (const source of ["cookie", "memory"]) {
        const result = await read(header, true);
        expect([summary(result), settings(result)]).toEqual([source, []]);
      }
    });

    it("signs nothing for a session that is gone", async () => {
      const { read } = readerAndEnd(60_000, ring);
      reply = async () => ({ session: null, setCookies: ["a=; Max-Age=0"] });
      expect(await read(await tokenCookie(), true)).toEqual({ state: "none", setCookies: ["a=; Max-Age=0"] });
    });

    it("signs nothing while the store is unreachable", async () => {
      const { read } = readerAndEnd(60_000, ring);
      reply = () => Promise.reject(new Error("down"));
      expect(await read(await tokenCookie(), true)).not.toHaveProperty("setCookies");
    });

    it("has the Secure prefix on https", async () => {
      const sessions = createSessionReader({
        authSecrets: ring,
        cookieNames: sessionCookieNames(true),
        maxStale: 60_000,
        store,
        now: () => time,
        startTimer: () => () => {},
      });
      const header = `__Secure-${await tokenCookie()}`;
      const cookies = readSessionCookies(header, sessionCookieNames(true));
      const result = await sessions.read(cookies, header, { caller: "page", maxStale: 60_000 });
      const expected = (await renewedToken()).replace("HttpOnly", "HttpOnly; Secure");
      expect(settings(result)).toEqual([`__Secure-${expected}`]);
    });
  });

  it("the response of a call to the backend signs nothing: it cannot set cookies", async () => {
    const { read } = readerAndEnd(60_000, ring);
    expect(await read(await tokenCookie())).toMatchObject({ setCookies: [] });
  });
});
