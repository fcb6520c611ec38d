import { betterAuth } from "better-auth";
import { getAuthTables } from "better-auth/db";
import { getMigrations } from "better-auth/db/migration";
import fc from "fast-check";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createCookieCache } from "../../edge/session/cookie-cache";
import { readSessionCookies, sessionCookieNames } from "../../edge/session/cookies";
import { createLookup } from "../../edge/session/lookup";
import { createNeonQuery } from "../../edge/session/neon";
import {
  appSchema,
  type Fields,
  memberFields,
  organizationFields,
  sessionFieldsOf,
  userTableFields,
} from "../../edge/session/statement";
import { createStore, type StoreResult } from "../../edge/session/store";
import { boundSessionData } from "../../lib/auth/cookie-budget";
import { sessionLifetime } from "../../lib/auth/session-lifetime";
import { parseCookies } from "../../lib/cookies";
import { parseEnv } from "../../lib/env";
import { organizations } from "../../lib/organizations";
import { createAuth } from "../../lib/server/auth/create-auth";
import { createDatabase, createQuery } from "../../lib/server/auth/database";
import { readMembership, type SessionOfMember } from "../../lib/server/auth/membership";
import { organizationPlugins } from "../../lib/server/auth/organizations";
import { identityOf } from "../../lib/token/contract";
import { openKeyRing } from "../../lib/token/key-ring";
import {
  AUTH_SECRET,
  sessionToken,
  signCookie,
  signCookieCache,
  signSessionToken,
} from "../../scripts/stack/signing";
import { type Database, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { openGateDatabase } from "../fixtures/gate-database";
import { parseSetCookies } from "../fixtures/set-cookies";

/**
 * The gate's session store and `getSession` of the installed Better Auth run on the same rows of
 * the same database. Better Auth is the specification. If this file fails after an upgrade of Better
 * Auth, change the file that the message names until both do the same again.
 */

const UPGRADED =
  "The gate's session store and Better Auth's getSession differ. Read node_modules/better-auth/dist/api/routes/session.mjs, " +
  "then change edge/session/statement.ts (rows), edge/session/lookup.ts (when a session ends or is extended) or " +
  "edge/session/set-cookies.ts (cookies)";
const SCHEMA_CHANGED =
  "Better Auth's schema and the columns that the gate reads differ. Change sessionFields, organizationSessionFields, organizationFields, memberFields or userTableFields in edge/session/statement.ts";

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0, 123);
const DAY = 86_400_000;
const TOKEN = sessionToken("differential");
const { expiresIn, updateAge } = sessionLifetime;
/** A session that expires at this time or earlier is due for an extension. */
const DUE_AT = NOW + (expiresIn - updateAge) * 1000;

/** How the app reaches the same database: as one at Neon, or as any other Postgres. */
const ways: [name: string, variables: (env: Database["env"]) => Database["env"]][] = [
  ["Neon's protocol", (env) => env],
  ["the listener of a plain Postgres", ({ DATABASE_URL }) => ({ DATABASE_URL })],
];

/** Custom fields of every type, name and rule that Better Auth has. */
const customFields = {
  role: { type: "string", required: false, fieldName: "user_role" },
  secretNote: { type: "string", required: false, returned: false },
  isAdmin: { type: "boolean", required: false },
  seats: { type: "number", required: false },
  credits: { type: "number", required: false, bigint: true },
  joinedAt: { type: "date", required: false },
  tags: { type: "string[]", required: false },
  lucky: { type: "number[]", required: false },
  settings: { type: "json", required: false },
  nickname: {
    type: "string",
    required: false,
    transform: { output: async (value: unknown) => (value === null ? null : String(value).toUpperCase()) },
  },
  'the "odd" name': { type: "string", required: false },
} as const;

/** The app's schema, with the custom fields above. */
const schema = { ...appSchema, user: { ...userTableFields, ...(customFields as Fields) } };

let database: Database;
let address: Database["env"];
let gateDatabase: Awaited<ReturnType<typeof openGateDatabase>>;
let sql: Client;

beforeAll(async () => {
  database = await startDatabase();
  address = database.env;
  sql = new Client(database.url);
  await sql.connect();
  const { options } = openAuth();
  await (await getMigrations(options)).runMigrations();
});
afterAll(async () => {
  await sql?.end();
  await database?.stop();
});
afterEach(() => {
  vi.useRealTimers();
});

const envOf = (variables: Record<string, string> = {}) => parseEnv(testEnv({ ...address, ...variables }));

/** The gate's configuration. */
const storeEnvOf = (variables?: Record<string, string>) => ({ ...envOf(variables), ...gateDatabase });

/** Better Auth with the app's options, and with the custom fields above besides those of the app. */
function openAuth({ variables, organization }: State = {}) {
  const env = envOf(variables);
  const { options } = createAuth(env, createDatabase(env));
  const added = organization && !organizations ? organizationPlugins() : [];
  const additionalFields = { ...options.user?.additionalFields, ...customFields };
  return betterAuth({
    ...options,
    plugins: [...options.plugins, ...added],
    user: { ...options.user, additionalFields },
  });
}

interface State {
  readonly variables?: Record<string, string>;
  readonly extend?: boolean;
  /** Columns of the two rows that differ from the usual ones. Null: there is no such row. */
  readonly session?: Record<string, unknown> | null;
  readonly user?: Record<string, unknown> | null;
  /** The columns of an organisation and of its members, for an app with organisations. */
  readonly organization?: {
    readonly row?: Record<string, unknown> | null;
    readonly members: readonly Record<string, unknown>[];
  };
  /** Further cookies of the request. */
  readonly cookies?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

const usualUser = {
  id: "user-1",
  name: "Ada Lovelace",
  email: "ada@example.com",
  emailVerified: true,
  image: "https://example.com/ada.png",
  createdAt: new Date(NOW - 30 * DAY),
  updatedAt: new Date(NOW - 20 * DAY),
};
const usualSession = {
  id: "session-1",
  token: TOKEN,
  userId: "user-1",
  expiresAt: new Date(NOW + 6.5 * DAY),
  createdAt: new Date(NOW - DAY / 2),
  updatedAt: new Date(NOW - DAY / 2),
  ipAddress: "203.0.113.7",
  userAgent: "Mozilla/5.0",
};

const usualOrganization = { id: "org-1", name: "Acme", slug: "acme", createdAt: new Date(NOW - 9 * DAY) };
const usualMember = {
  id: "member-1",
  organizationId: "org-1",
  userId: "user-1",
  role: "member",
  createdAt: new Date(NOW - 8 * DAY),
};

async function storeRows({ session = {}, user = {}, organization }: State): Promise<void> {
  // A session without a user is possible in a database without foreign keys.
  await sql.query("set session_replication_role = replica");
  await sql.query('delete from session; delete from "user"');
  if (user) await insert("user", { ...usualUser, ...user });
  if (session) await insert("session", { ...usualSession, ...session });
  if (!organization) return;
  await sql.query("delete from member; delete from organization");
  if (organization.row !== null) await insert("organization", { ...usualOrganization, ...organization.row });
  for (const member of organization.members) await insert("member", { ...usualMember, ...member });
}

async function insert(table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row).map((name) => `"${name.replaceAll('"', '""')}"`);
  const places = columns.map((_, index) => `$${index + 1}`);
  await sql.query(`insert into "${table}" (${columns}) values (${places})`, Object.values(row));
}

/** The rows as text, so that microseconds count. */
async function rowsAfter() {
  const { rows } = await sql.query("select row_to_json(s)::text as session from session s");
  return rows.map(({ session }) => JSON.parse(session));
}

async function headerOf({ variables, cookies = "" }: State): Promise<string> {
  const prefix = variables?.BETTER_AUTH_URL?.startsWith("https:") ? "__Secure-" : "";
  return `theme=dark; ${prefix}better-auth.session_token=${await signSessionToken("differential")}; ${cookies}`;
}

interface Outcome {
  session: StoreResult["session"];
  setCookies: Awaited<ReturnType<typeof parseSetCookies>>;
  rows: unknown[];
}

async function byGate(state: State): Promise<Outcome> {
  const { now = NOW, extend = true, variables } = state;
  await storeRows(state);
  const effects = { fetch, now: () => now, startTimer: () => () => {} };
  const own = { ...schema, organizations: organizations || state.organization !== undefined };
  const store = createStore(storeEnvOf(variables), effects, own);
  const { session, setCookies } = await store(await headerOf(state), { extend });
  return {
    session,
    setCookies: await parseSetCookies(setCookies, AUTH_SECRET, now),
    rows: await rowsAfter(),
  };
}

async function byBetterAuth(state: State): Promise<Outcome> {
  const { now = NOW, extend = true } = state;
  await storeRows(state);
  const auth = openAuth(state);
  const header = await headerOf(state);
  vi.useFakeTimers({ toFake: ["Date"], now });
  try {
    const { response, headers } = await auth.api.getSession({
      headers: new Headers({ cookie: header }),
      query: { disableCookieCache: true, disableRefresh: !extend },
      returnHeaders: true,
    });
    const setCookies = boundSessionData(header, headers.getSetCookie());
    return {
      session: response && {
        identity: identityOf(response.user, response.session, await membershipIn(auth, response.session)),
        expiresAt: response.session.expiresAt.getTime(),
      },
      setCookies: await parseSetCookies(setCookies, AUTH_SECRET, now),
      rows: await rowsAfter(),
    };
  } finally {
    vi.useRealTimers();
  }
}

/** As the app's pages read it, with Better Auth's own adapter. */
async function membershipIn(auth: ReturnType<typeof openAuth>, session: SessionOfMember) {
  return readMembership((await auth.$context).adapter, session);
}

async function compare(state: State): Promise<Outcome> {
  const expected = await byBetterAuth(state);
  expect(await byGate(state), UPGRADED).toEqual(expected);
  return expected;
}

const https = { BETTER_AUTH_URL: "https://app.example.com" };
const signedMark = async (prefix = "") => `${prefix}better-auth.dont_remember=${await signCookie("true")}`;
const names = ({ setCookies }: Outcome) => setCookies.map(({ name }) => name.replace("better-auth.", ""));

describe.each(ways)(
  "over %s the gate's session store does what Better Auth's getSession does",
  (_, choose) => {
    beforeAll(async () => {
      address = choose(database.env);
      gateDatabase = await openGateDatabase(envOf(), schema);
    });
    afterAll(async () => {
      await gateDatabase?.close();
      address = database.env;
    });

    it("for a session that is not due", async () => {
      const outcome = await compare({});
      expect(outcome.session?.identity.userId).toBe("user-1");
      expect(names(outcome)).toEqual(["session_data"]);
    });

    it("for a session that is due", async () => {
      const outcome = await compare({ session: { expiresAt: new Date(NOW + 2 * DAY) } });
      expect(outcome.session?.expiresAt).toBe(NOW + expiresIn * 1000);
      expect(names(outcome)).toEqual(["session_data", "session_token"]);
    });

    it("for a session that is due, in a request that must not extend it", async () => {
      const outcome = await compare({ session: { expiresAt: new Date(NOW + 2 * DAY) }, extend: false });
      expect(outcome.session?.expiresAt).toBe(NOW + 2 * DAY);
      expect(names(outcome)).toEqual([]);
    });

    it("and reads the time of the sign-in, which an extension does not change", async () => {
      for (const expiresAt of [new Date(NOW + 6.5 * DAY), new Date(NOW + 2 * DAY)]) {
        const { session } = await compare({ session: { expiresAt } });
        expect(session?.identity.authTime).toBe(Math.floor((NOW - DAY / 2) / 1000));
      }
    });

    const gone: [what: string, state: State][] = [
      ["that has expired", { session: { expiresAt: new Date(NOW - 1) } }],
      ["that does not exist", { session: null }],
      ["whose user does not exist", { user: null }],
      ["that has expired and whose user does not exist", { user: null, session: { expiresAt: new Date(0) } }],
      ["of another token", { session: { token: sessionToken("other") } }],
    ];
    it.each(gone)("for a session %s, on a page", async (_, state) => {
      const outcome = await compare(state);
      expect(outcome.session).toBeNull();
      expect(names(outcome)).toEqual(["dont_remember", "oauth_state", "session_data", "session_token"]);
    });
    it.each(gone)("for a session %s, in a call to the backend", async (_, state) => {
      expect((await compare({ ...state, extend: false })).session).toBeNull();
    });
    it.each(gone)("for a session %s, on https", async (_, state) => {
      expect((await compare({ ...state, variables: https })).session).toBeNull();
    });

    it.each<[what: string, offset: number]>([
      ["expires now", 0],
      ["expires a millisecond from now", 1],
      ["expired a millisecond ago", -1],
      ["is due since now", DUE_AT - NOW],
      ["is due in a millisecond", DUE_AT - NOW + 1],
      ["has been due for a millisecond", DUE_AT - NOW - 1],
      ["expires later than an extension would let it", 30 * DAY],
    ])("for a session that %s", async (_, offset) => {
      for (const extend of [true, false]) {
        await compare({ session: { expiresAt: new Date(NOW + offset) }, extend });
      }
    });

    it.each([0, 1, 499, 500, 999])("for times with %d microseconds", async (micros) => {
      const stamp = (ms: number) =>
        new Date(ms).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
      for (const offset of [0, -1, DUE_AT - NOW, DUE_AT - NOW - 1, DAY]) {
        await compare({ session: { expiresAt: stamp(NOW + offset), createdAt: stamp(NOW - 3 * DAY) } });
      }
    });

    it("for any times", async () => {
      const around = (...centres: number[]) =>
        fc.oneof(...centres.map((centre) => fc.integer({ min: centre - 3, max: centre + 3 })));
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(around(0, DUE_AT - NOW, expiresIn * 1000), fc.integer({ min: -40 * DAY, max: 40 * DAY })),
          fc.integer({ min: 0, max: 999 }),
          fc.integer({ min: -400 * DAY, max: 400 * DAY }),
          fc.boolean(),
          fc.boolean(),
          async (offset, micros, shift, extend, isForgotten) => {
            const now = NOW + shift;
            const expiresAt = new Date(now + offset)
              .toISOString()
              .replace("Z", `${String(micros).padStart(3, "0")}Z`);
            const cookies = isForgotten ? await signedMark() : "";
            await compare({ session: { expiresAt }, now, extend, cookies });
          },
        ),
        { numRuns: 60 },
      );
    });

    describe('for a session with "do not remember me"', () => {
      it.each<[what: string, offset: number]>([
        ["that is not due", 6.5 * DAY],
        ["that is due", 2 * DAY],
        ["that has expired", -1],
      ])("%s", async (_, offset) => {
        const session = { expiresAt: new Date(NOW + offset) };
        const outcome = await compare({ session, cookies: await signedMark() });
        expect(outcome.session === null).toBe(offset < 0);
        if (outcome.session) expect(names(outcome)).toEqual([]);
        await compare({ session, cookies: await signedMark(), extend: false });
        await compare({ session, cookies: await signedMark("__Secure-"), variables: https });
      });

      it.each<[what: string, mark: () => Promise<string>]>([
        ["with a forged mark", async () => `better-auth.dont_remember=true.${"A".repeat(43)}%3D`],
        [
          "with a mark of another secret",
          async () => `better-auth.dont_remember=${await signCookie("true", "x".repeat(40))}`,
        ],
        ["with a mark that is not signed", async () => "better-auth.dont_remember=true"],
        ["with an empty mark", async () => "better-auth.dont_remember="],
        ["with the mark of an https site", () => signedMark("__Secure-")],
        [
          "with two marks, of which the first is forged",
          async () => `better-auth.dont_remember=x; ${await signedMark()}`,
        ],
      ])("%s", async (_, mark) => {
        const outcome = await compare({ session: { expiresAt: new Date(NOW + DAY) }, cookies: await mark() });
        expect(names(outcome)).toEqual(["session_data", "session_token"]);
      });
    });

    describe("for the cookies", () => {
      it("of a site on https", async () => {
        const outcome = await compare({ variables: https, session: { expiresAt: new Date(NOW + DAY) } });
        expect(outcome.setCookies.map(({ attributes }) => attributes.includes("Secure"))).toEqual([
          true,
          true,
        ]);
        expect(outcome.setCookies[0]?.name).toBe("__Secure-better-auth.session_data");
      });

      it.each(["0", "1", "600", "3600"])("with SESSION_MAX_STALE_SECONDS=%s", async (seconds) => {
        const variables = { SESSION_MAX_STALE_SECONDS: seconds };
        const old = await signCookieCache({ token: "differential", updatedAt: NOW - DAY });
        for (const cookies of [
          "",
          `better-auth.session_data=${old}`,
          `better-auth.session_data=${old}; ${await signedMark()}`,
        ]) {
          for (const offset of [6.5 * DAY, DAY, -1]) {
            for (const extend of [true, false]) {
              await compare({ variables, cookies, extend, session: { expiresAt: new Date(NOW + offset) } });
            }
          }
        }
      });

      it("when the browser holds chunks of a long cookie cache", async () => {
        const chunks = [0, 1, 12]
          .map((index) => `better-auth.session_data.${index}=${"x".repeat(100)}`)
          .join("; ");
        for (const offset of [6.5 * DAY, DAY, -1]) {
          const session = { expiresAt: new Date(NOW + offset) };
          await compare({ session, cookies: chunks });
          await compare({ session, cookies: chunks, extend: false });
          await compare({ session, cookies: chunks, variables: { SESSION_MAX_STALE_SECONDS: "0" } });
        }
      });

      it.each([
        ["an image of 2,048 characters", { image: "https://example.com/".padEnd(2_048, "x") }],
        ["an image of 12 kB", { image: "https://example.com/".padEnd(12_000, "x") }],
        ["an image of 5 MB", { image: "https://example.com/".padEnd(5_000_000, "x") }],
        ["a name of 7,000 characters", { name: "名".repeat(7_000) }],
        ["a name of 10,000 characters of four bytes", { name: "😀".repeat(10_000) }],
        ["an email of 12,018 characters", { email: `${"a".repeat(12_006)}@example.com` }],
      ])("of a user with %s", async (_, user) => {
        const old = await signCookieCache({ token: "differential", updatedAt: NOW - DAY });
        await compare({ user, cookies: `better-auth.session_data=${old}` });
        await compare({ user, session: { expiresAt: new Date(NOW + DAY), userAgent: "x".repeat(9_000) } });
      });

      it("of a user whose cookie cache is almost too long", async () => {
        const lengths = Array.from({ length: 30 }, (_, index) => 1_300 + index * 40);
        const kept: boolean[] = [];
        for (const length of lengths) {
          kept.push(names(await compare({ user: { image: "x".repeat(length) } })).includes("session_data"));
        }
        expect(new Set(kept)).toEqual(new Set([true, false]));
      });
    });

    it.each([
      ["with a role", { user_role: "admin,editor" }],
      ["without a role", { user_role: null }],
    ])("and sets a cookie cache with the same identity, for a user %s", async (_, user) => {
      await storeRows({ user });
      const effects = { fetch, now: () => NOW, startTimer: () => () => {} };
      const store = createStore(storeEnvOf(), effects, schema);
      const header = await headerOf({});
      const { session, setCookies } = await store(header, { extend: true });
      expect(session?.identity.role).toBe(user.user_role ?? undefined);

      const names = sessionCookieNames(false);
      const data = parseCookies(setCookies.join("; ")).get(names.data) ?? "";
      const token = readSessionCookies(header, names)?.token ?? "";
      const cached = await createCookieCache(openKeyRing([AUTH_SECRET]))(data, token, NOW);
      expect(cached?.identity).toEqual(session?.identity);
      expect(cached?.identity.authTime).toBeGreaterThan(0);
    });

    it("in a database with another time zone", async () => {
      const settings = async () => (await createQuery(envOf())("show timezone", [])).flatMap(Object.values);
      // PGlite has one backend, so this setting is that of every connection.
      await sql.query("set timezone = 'Asia/Kathmandu'");
      expect(await settings()).toEqual(["Asia/Kathmandu"]);
      for (const offset of [6.5 * DAY, DAY, DUE_AT - NOW, 0, -1]) {
        await compare({ session: { expiresAt: new Date(NOW + offset) } });
      }
      await sql.query("reset timezone");
    });

    it("and reads less than 25 kB of a user with an image of 5 MB", async () => {
      await storeRows({ user: { image: "x".repeat(5_000_000), name: "x".repeat(5_000_000) } });
      const sizes: number[] = [];
      const counting: typeof fetch = async (url, init) => {
        const response = await fetch(url, init);
        sizes.push((await response.clone().text()).length);
        return response;
      };
      const effects = { fetch: counting, now: () => NOW, startTimer: () => () => {} };
      const store = createStore(storeEnvOf(), effects, schema);
      expect((await store(await headerOf({}), { extend: true })).session?.identity.name).toHaveLength(100);
      expect(sizes).toEqual([expect.any(Number)]);
      expect(sizes[0]).toBeLessThan(25_000);
    });

    describe("for the user", () => {
      const users: [what: string, user: Record<string, unknown>][] = [
        ["with nothing but what is required", { image: null, emailVerified: false }],
        [
          "with text of any kind",
          { name: 'Ada "\\\u0001\u2028名😀é\t', image: "https://example.com/?a='b'&c=\"d\"" },
        ],
        [
          "with every custom field",
          {
            user_role: "admin",
            secretNote: "not for others",
            isAdmin: true,
            seats: 12,
            credits: "9007199254740993",
            joinedAt: new Date(NOW - 100 * DAY),
            tags: '["a","b"]',
            lucky: "[7,1.5]",
            settings: '{"theme":"dark","list":[1,null,true]}',
            nickname: "countess",
            'the "odd" name': "odd",
          },
        ],
        [
          "with other values of the custom fields",
          { isAdmin: false, seats: -1, credits: 0, tags: "[]", nickname: "" },
        ],
      ];

      it.each(users)("%s", async (_, user) => {
        await compare({ user });
      });

      it.each(users)("%s, whose record has the same fields and types for a custom claim", async (_, user) => {
        await storeRows({ user });
        const auth = openAuth();
        const headers = new Headers({ cookie: await headerOf({}) });
        vi.useFakeTimers({ toFake: ["Date"], now: NOW });
        const expected = await auth.api.getSession({
          headers,
          query: { disableCookieCache: true, disableRefresh: true },
        });
        vi.useRealTimers();
        const runQuery = createNeonQuery(gateDatabase, { fetch, startTimer: () => () => {} });
        const lookUp = createLookup(runQuery, schema);
        const found = await lookUp(TOKEN, NOW, { extend: false });
        expect({ session: found?.session, user: found?.user }, UPGRADED).toStrictEqual({ ...expected });
        expect(found?.user).not.toHaveProperty("secretNote");
      });
    });
  },
);

describe("with organisations, the gate's session store does what Better Auth does", () => {
  beforeAll(async () => {
    gateDatabase = await openGateDatabase(envOf(), schema);
    const { options } = openAuth({ organization: { members: [] } });
    await (await getMigrations(options)).runMigrations();
  });

  const active = { activeOrganizationId: "org-1" };
  const acme = { id: "org-1", slug: "acme", role: "admin" };

  /** The organisation of both, and the claim in the cookie cache, which only the gate sets. */
  async function compareMembership(state: State) {
    const expected = await byBetterAuth(state);
    const { setCookies, ...outcome } = await byGate(state);
    const claims: unknown[] = [];
    const comparable = setCookies.map((cookie) => {
      if (!isCache(cookie.value)) return cookie;
      const { org, ...payload } = cookie.value.payload;
      claims.push(org);
      return { ...cookie, value: { ...cookie.value, payload } };
    });
    expect({ ...outcome, setCookies: comparable }, UPGRADED).toEqual(expected);
    return { org: outcome.session?.identity.org, claims };
  }

  const isCache = (value: unknown): value is { payload: Record<string, unknown> } =>
    typeof value === "object" && value !== null && "payload" in value;

  it.each<[what: string, state: State, org: object | undefined, claim: object | null | undefined]>([
    ["a member", { session: active, organization: { members: [{ role: "admin" }] } }, acme, acme],
    [
      "a member with several roles",
      { session: active, organization: { members: [{ role: "owner,admin" }] } },
      { ...acme, role: "owner,admin" },
      { ...acme, role: "owner,admin" },
    ],
    ["a session without an active organisation", { organization: { members: [{}] } }, undefined, undefined],
    ["a user who was removed", { session: active, organization: { members: [] } }, undefined, null],
    [
      "a user who is a member of another organisation",
      { session: active, organization: { members: [{ organizationId: "org-2" }] } },
      undefined,
      null,
    ],
    [
      "an organisation of which another user is a member",
      { session: active, organization: { members: [{ userId: "user-2" }] } },
      undefined,
      null,
    ],
    [
      "an organisation that was deleted",
      { session: active, organization: { row: null, members: [{}] } },
      undefined,
      null,
    ],
    [
      "a membership that is stored twice",
      {
        session: active,
        organization: {
          members: [
            { id: "member-0", role: "owner" },
            { id: "member-2", role: "admin", createdAt: new Date(NOW - 9 * DAY) },
          ],
        },
      },
      acme,
      acme,
    ],
  ])("for %s", async (_, state, org, claim) => {
    const due = new Date(NOW + 2 * DAY);
    for (const session of [state.session, { ...state.session, expiresAt: due }]) {
      expect(await compareMembership({ ...state, session })).toEqual({ org, claims: [claim] });
      const call = await compareMembership({ ...state, session, extend: false });
      expect(call).toEqual({ org, claims: [] });
    }
    const ended = { ...state.session, expiresAt: new Date(NOW - 1) };
    expect(await compareMembership({ ...state, session: ended })).toEqual({ org: undefined, claims: [] });
  });

  it("for a slug and a role that are too long for the cookie cache", async () => {
    const organization = { row: { slug: "s".repeat(9_000) }, members: [{ role: "r".repeat(9_000) }] };
    const { org, claims } = await compareMembership({ session: active, organization, extend: false });
    expect([org?.slug.length, org?.role.length, claims]).toEqual([100, 255, []]);
    await storeRows({ session: active, organization });
    const own = { ...schema, organizations: true };
    const store = createStore(storeEnvOf(), { fetch, now: () => NOW, startTimer: () => () => {} }, own);
    // Without a cookie cache, whose length is limited, each new isolate reads the store.
    expect((await store(await headerOf({}), { extend: true })).setCookies).toEqual([]);
  });

  it("and its cookie cache contains the same identity", async () => {
    await storeRows({ session: active, organization: { members: [{ role: "admin" }] } });
    const own = { ...schema, organizations: true };
    const store = createStore(storeEnvOf(), { fetch, now: () => NOW, startTimer: () => () => {} }, own);
    const header = await headerOf({});
    const { session, setCookies } = await store(header, { extend: true });
    const names = sessionCookieNames(false);
    const data = parseCookies(setCookies.join("; ")).get(names.data) ?? "";
    const token = readSessionCookies(header, names)?.token ?? "";
    const cached = await createCookieCache(openKeyRing([AUTH_SECRET]))(data, token, NOW);
    expect(cached?.identity).toEqual(session?.identity);
    expect(cached?.identity.org).toEqual(acme);
  });

  it("and an app without organisations sees no active organisation", async () => {
    await storeRows({ session: active, organization: { members: [{ role: "admin" }] } });
    const own = { ...schema, organizations: false };
    const store = createStore(storeEnvOf(), { fetch, now: () => NOW, startTimer: () => () => {} }, own);
    const { session, setCookies } = await store(await headerOf({}), { extend: true });
    expect(session?.identity.org).toBeUndefined();
    const [cache] = await parseSetCookies(setCookies, AUTH_SECRET, NOW);
    expect(JSON.stringify(cache?.value)).not.toContain("org-1");
  });
});

describe("the schema of Better Auth", () => {
  const before = { ...process.env };
  afterAll(() => {
    process.env = before;
  });

  const columnsOf = (fields: Fields) =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(([name, { returned }]) => name !== "id" && returned !== false)
        .map(([name, { type, fieldName = name }]) => [name, { type, column: fieldName }]),
    );

  it("has the tables and columns that the gate reads", async () => {
    Object.assign(process.env, testEnv(database.env));
    const { auth } = await import("../../lib/server/auth/instance");
    const { session, user } = getAuthTables(auth.options);
    expect([session?.modelName, user?.modelName], SCHEMA_CHANGED).toEqual(["session", "user"]);
    expect(columnsOf(sessionFieldsOf(appSchema)), SCHEMA_CHANGED).toEqual(
      columnsOf(session?.fields as Fields),
    );
    expect(columnsOf(userTableFields), SCHEMA_CHANGED).toEqual(columnsOf(user?.fields as Fields));
  });

  it("has the tables and columns that the gate reads with organisations", () => {
    const tables = getAuthTables(openAuth({ organization: { members: [] } }).options);
    const { session, organization, member } = tables;
    expect(
      [session, organization, member].map((table) => table?.modelName),
      SCHEMA_CHANGED,
    ).toEqual(["session", "organization", "member"]);
    const withOrganizations = { ...appSchema, organizations: true };
    expect(columnsOf(sessionFieldsOf(withOrganizations)), SCHEMA_CHANGED).toEqual(
      columnsOf(session?.fields as Fields),
    );
    expect(columnsOf(organization?.fields as Fields), SCHEMA_CHANGED).toMatchObject(
      columnsOf(organizationFields),
    );
    // The last three are in the conditions of the statement.
    const text = { type: "string" };
    const read = { ...memberFields, userId: text, organizationId: text, createdAt: { type: "date" } };
    expect(columnsOf(member?.fields as Fields), SCHEMA_CHANGED).toMatchObject(columnsOf(read));
  });

  it("has the lifetime of a session that the gate uses", () => {
    const env = envOf();
    const { session } = createAuth(env, createDatabase(env)).options;
    expect({ expiresIn: session?.expiresIn, updateAge: session?.updateAge }).toEqual({
      expiresIn,
      updateAge,
    });
    expect(session?.cookieCache).toEqual({ enabled: true, maxAge: 60, strategy: "jwt" });
  });
});
