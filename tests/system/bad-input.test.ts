import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { openAuth } from "../../scripts/stack/auth";
import { type FullStack, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { pairs } from "../fixtures/full";
import { type MailStack, startMailStack } from "../fixtures/mail-stack";

/**
 * Sends every kind of invalid value to every endpoint of Better Auth. None may cause the response
 * of an outage.
 */

const PASSWORD = "correct-horse-battery";

let started: MailStack;
let stack: FullStack;
let people = 0;

beforeAll(async () => {
  started = await startMailStack({ TOKEN_ENDPOINT: "on" });
  ({ stack } = started);
});
afterAll(() => started?.stop());

async function newMember(): Promise<Visitor> {
  await started.resetRateLimits();
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(`member-${++people}@example.com`, "Member", PASSWORD);
  return visitor;
}

/** Valid fields of each endpoint. The tests replace one field at a time by an invalid value. */
const fields: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "/sign-up/email": {
    name: "Ada",
    email: "new@example.com",
    password: PASSWORD,
    image: null,
    callbackURL: "/",
  },
  "/sign-in/email": { email: "member-1@example.com", password: PASSWORD, callbackURL: "/", rememberMe: true },
  "/sign-in/social": { provider: "github", callbackURL: "/", errorCallbackURL: "/", scopes: [], idToken: {} },
  "/sign-out": { callbackURL: "/", state: "x" },
  "/reset-password": { token: "x", newPassword: PASSWORD },
  "/request-password-reset": { email: "member-1@example.com", redirectTo: "/" },
  "/verify-password": { password: PASSWORD },
  "/send-verification-email": { email: "member-1@example.com", callbackURL: "/" },
  "/change-email": { newEmail: "other@example.com", callbackURL: "/", password: PASSWORD },
  "/change-password": { currentPassword: PASSWORD, newPassword: PASSWORD, revokeOtherSessions: false },
  "/update-user": { name: "Ada", image: null },
  "/update-session": { theme: "dark" },
  "/delete-user": { callbackURL: "/", password: "wrong-password", token: "x" },
  "/revoke-session": { token: "x" },
  "/revoke-session-by-id": { id: "x" },
  "/link-social": { provider: "github", callbackURL: "/", errorCallbackURL: "/", scopes: [] },
  "/unlink-account": { providerId: "github", accountId: "x" },
  "/refresh-token": { providerId: "github", accountId: "x" },
  "/get-access-token": { providerId: "github", accountId: "x" },
  "/callback/:id": { code: "x", state: "x", error: "x", error_description: "x", user: "x", iss: "x" },
  "/api-key/create": { name: "My key", scope: "tasks:read", days: 30, password: PASSWORD },
  "/api-key/revoke": { id: "x" },
  "/device/code": { client_id: "gatehouse-cli", scope: "", user_id: "x" },
  "/device/token": {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: "x",
    client_id: "gatehouse-cli",
  },
  "/device/approve": { userCode: "ABCDEFGH" },
  "/device/deny": { userCode: "ABCDEFGH" },
};
const queries: Readonly<Record<string, readonly string[]>> = {
  "/verify-email": ["token", "callbackURL"],
  "/reset-password/:token": ["callbackURL"],
  "/delete-user/callback": ["token", "callbackURL"],
  "/callback/:id": ["code", "state", "error", "error_description", "user", "iss"],
  "/account-info": ["accountId", "providerId"],
  "/get-access-token": ["accountId", "providerId"],
  "/get-session": ["disableCookieCache", "disableRefresh"],
  "/error": ["error", "error_description"],
  "/reset-password": ["token"],
  "/device": ["user_code"],
};

const deep = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);

const invalid: readonly [string, unknown][] = [
  ["NUL", "\u0000"],
  ["NUL inside", "a\u0000b@example.com"],
  ["a lone high surrogate", "a\ud800"],
  ["a lone low surrogate", "\udc00@example.com"],
  ["10,000 characters", "x".repeat(10_000)],
  ["an email of 12,018 characters", `${"a.".repeat(30)}a@${"x.".repeat(6_000)}com`],
  ["a text of percent signs", "%00%E0%A4%A%"],
  ["nothing", ""],
  ["a huge number", 1e308],
  ["a negative number", -1],
  ["null", null],
  ["true", true],
  ["an object", { $ne: 1 }],
  ["an empty list", []],
  ["a list", ["a", "\u0000"]],
  ["a deep list", deep(2_000)],
  ["a key with NUL", { "a\u0000": 1 }],
];

interface Endpoint {
  path: string;
  methods: string[];
}

/** The endpoints of the installed version of Better Auth, and those of this app. */
function allEndpoints(): Endpoint[] {
  const { api } = openAuth(parseEnv(testEnv({})));
  const installed = Object.values(
    api as Record<string, { path?: string; options?: { method?: string | string[] } }>,
  )
    .filter(({ path }) => path)
    .map(({ path = "", options }) => ({ path, methods: [options?.method ?? "GET"].flat() }));
  const own = [
    { path: "/revoke-session-by-id", methods: ["POST"] },
    { path: "/token", methods: ["GET"] },
  ];
  return [...installed, ...own];
}

const endpoints = allEndpoints();
const posts = endpoints.filter(({ methods }) => methods.includes("POST"));
const gets = endpoints.filter(({ methods }) => methods.includes("GET"));

/** The path of an endpoint, with this value as its parameter. */
const pathOf = (path: string, parameter = "github") => `/api/auth${path.replace(/:\w+/, parameter)}`;

interface Outcome {
  what: string;
  status: number;
  requestId: string | null;
}

async function outcomeOf(what: string, sent: Promise<Response>): Promise<Outcome> {
  const response = await sent;
  await response.arrayBuffer();
  return { what, status: response.status, requestId: response.headers.get("x-request-id") };
}

/** Describes the unexpected outcomes. Empty if there are none. */
const wrong = (outcomes: readonly Outcome[]) =>
  outcomes
    // Next redirects a path with "//" before the gate sees it, so that response has no request id.
    .filter(({ status, requestId }) => status >= 500 || status === 429 || (!requestId && status !== 308))
    .map(({ what, status, requestId }) => `${what}: ${status}${requestId ? "" : " without a request id"}`);

async function send(requests: readonly (() => Promise<Outcome>)[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  // Fewer at a time than the strictest rate limit allows, which is 10.
  for (let start = 0; start < requests.length; start += 3) {
    await started.resetRateLimits();
    outcomes.push(...(await Promise.all(requests.slice(start, start + 3).map((sendOne) => sendOne()))));
  }
  return outcomes;
}

/** Log lines of level error, and lines that the app did not write. */
function alarms(): string[] {
  return stack
    .readLog("next")
    .split("\n")
    .filter((line) =>
      line.startsWith("{") ? line.includes('"level":"error"') : /error|@|Key \(/i.test(line),
    );
}

it("the table of fields has every endpoint that takes a body", () => {
  const unknown = posts.map(({ path }) => path).filter((path) => !fields[path]);
  expect(unknown).toEqual(["/get-session", "/revoke-sessions", "/revoke-other-sessions"]);
});

describe.each(["a visitor without a session", "a signed-in user"])("%s", (who) => {
  it.each(posts.map(({ path }) => path))(
    "POST %s refuses every invalid value of every field",
    async (path) => {
      const sender = who === "a signed-in user" ? await newMember() : new Visitor(stack.origin);
      const cookie = sender.cookieHeader;
      const valid = fields[path] ?? { any: "x" };
      const requests = pairs(Object.keys(valid), invalid).map(([field, [name, value]]) => () => {
        const what = `${path} with ${name} as ${field}`;
        // Not stored as the visitor's cookies, because a sign-out would delete those.
        return outcomeOf(
          what,
          new Visitor(stack.origin).post(pathOf(path), { ...valid, [field]: value }, { cookie }),
        );
      });
      expect(wrong(await send(requests))).toEqual([]);
    },
  );

  it.each(gets.map(({ path }) => path))("GET %s refuses every invalid query and path", async (path) => {
    const sender = who === "a signed-in user" ? await newMember() : new Visitor(stack.origin);
    const cookie = sender.cookieHeader;
    const get = (what: string, address: string) =>
      outcomeOf(what, new Visitor(stack.origin).fetch(address, { headers: { cookie } }));
    const texts = [
      "%00",
      "a%00b",
      "%E0%A4%A",
      "%ED%A0%80",
      "%",
      "x".repeat(8_000),
      "[]",
      "..%2f..",
      "%0d%0a",
      "'",
    ];
    const names = queries[path] ?? ["any"];
    const requests = [
      ...pairs(names, texts).map(([name, text]) => {
        const others = names.filter((other) => other !== name).map((other) => `${other}=x`);
        const search = [`${name}=${text}`, ...others].join("&");
        return () => get(`${path} with ${name}=${text.slice(0, 12)}`, `${pathOf(path)}?${search}`);
      }),
      ...names.map((name) => () => get(`${path} with ${name} twice`, `${pathOf(path)}?${name}=a&${name}=b`)),
      ...(path.includes(":") ? texts : []).map(
        (text) => () => get(`${path} at ${text.slice(0, 12)}`, `${pathOf(path, text)}?callbackURL=/&state=x`),
      ),
    ];
    expect(wrong(await send(requests))).toEqual([]);
  });
});

describe("a path below /api/auth", () => {
  const paths = [
    `/${"x".repeat(8_000)}`,
    `/${"x/".repeat(2_000)}x`,
    "/%00",
    "/%",
    "/%E0%A4%A",
    "/%2e%2e%2f",
    "/sign-in%2Femail",
    "/sign-in/email/",
    "//sign-in/email",
    "/__proto__",
    "/constructor",
    "",
  ];
  it.each(paths.map((path) => [path.slice(0, 20), path]))(
    "%s is refused, whatever the method",
    async (_, path) => {
      const requests = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"].map((method) => () => {
        const body = method === "POST" ? "{}" : undefined;
        const headers = { "content-type": "application/json", origin: stack.origin };
        return outcomeOf(
          method,
          fetch(`${stack.origin}/api/auth${path}`, { method, headers, body, redirect: "manual" }),
        );
      });
      expect(wrong(await send(requests))).toEqual([]);
    },
  );
});

describe("a body", () => {
  const bodies: [what: string, type: string | undefined, body: Uint8Array | string][] = [
    ["nothing", "application/json", ""],
    ["no JSON", "application/json", "{"],
    ["a text", "application/json", '"x"'],
    ["null", "application/json", "null"],
    ["a list", "application/json", "[1]"],
    ["a number too large", "application/json", '{"email":1e400}'],
    ["invalid UTF-8", "application/json", Buffer.from('{"email":"\xff\xfe","password":"x"}', "latin1")],
    ["UTF-8 cut short", "application/json", Buffer.from('{"email":"a\xe2\x82"}', "latin1")],
    ["UTF-16", "application/json", Buffer.from('{"email":"a"}', "utf16le")],
    ["a byte order mark", "application/json", '\ufeff{"email":"a@example.com","password":"x"}'],
    ["30,000 brackets", "application/json", `{"email":${"[".repeat(15_000)}${"]".repeat(15_000)}}`],
    ["30,000 open brackets", "application/json", "[".repeat(30_000)],
    [
      "5,000 keys",
      "application/json",
      JSON.stringify(Object.fromEntries([...Array(5_000).keys()].map((key) => [key, 1]))),
    ],
    [
      "__proto__",
      "application/json",
      '{"__proto__":{"email":"a"},"constructor":{"prototype":{}},"toString":1}',
    ],
    ["a form", "application/x-www-form-urlencoded", "email=a%00&password=%"],
    ["parts", "multipart/form-data", "x"],
    ["parts without an end", "multipart/form-data; boundary=x", "--x\r\n"],
    ["plain text", "text/plain", "{}"],
    ["bytes", "application/octet-stream", Buffer.from([0, 255])],
    ["no type", undefined, "{}"],
    ["a type that is none", "application/json;;;charset=\u00e9", "{}"],
  ];
  it.each(bodies)("of %s is refused by every endpoint", async (what, type, body) => {
    const { cookieHeader: cookie } = await newMember();
    const requests = pairs(posts, [cookie, ""]).map(([{ path }, sent]) => () => {
      const headers = {
        origin: stack.origin,
        ...(type && { "content-type": Buffer.from(type).toString("latin1") }),
        ...(sent && { cookie: sent }),
      };
      // Not `fetch`: it adds its own content type.
      return outcomeOf(`${path}: ${what}`, postRaw(pathOf(path), headers, body));
    });
    expect(wrong(await send(requests))).toEqual([]);
  });
});

describe("a header", () => {
  const odd = ["x".repeat(8_000), "%00", "\u00e9\u00ff", "null", "http://[", "://", ",,", "javascript:x"];
  const names = [
    "user-agent",
    "origin",
    "referer",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "forwarded",
    "accept-language",
    "sec-fetch-site",
    "traceparent",
    "authorization",
    "content-encoding",
  ];
  const cookies = [
    "session_token",
    "session_data",
    "session_data.0",
    "dont_remember",
    "state",
    "oauth_state",
  ];

  it.each(names)("%s with any value is never an outage", async (name) => {
    const paths = ["/sign-up/email", "/sign-in/email", "/sign-out", "/sign-in/social"];
    const requests = pairs(odd, paths).map(([value, path]) => () => {
      const body = JSON.stringify({ ...fields[path], email: `header-${++people}@example.com` });
      const headers = {
        origin: stack.origin,
        "content-type": "application/json",
        [name]: Buffer.from(value).toString("latin1"),
      };
      return outcomeOf(`${path} with ${name}: ${value.slice(0, 20)}`, postRaw(pathOf(path), headers, body));
    });
    expect(wrong(await send(requests))).toEqual([]);
  });

  it.each(cookies)("cookie %s with any value is never an outage", async (name) => {
    const { cookieHeader } = await newMember();
    const values = [...odd, "%ED%A0%80.x", "a.b.c", "a%00.AAAA", '"', "{}"];
    const paths = ["/get-session", "/list-sessions", "/callback/github?state=x&code=x"];
    const requests = pairs(values, paths).map(([value, path]) => () => {
      const own = cookieHeader.split("; ").filter((pair) => !pair.startsWith(`better-auth.${name}=`));
      const cookie = Buffer.from([...own, `better-auth.${name}=${value}`].join("; ")).toString("latin1");
      return outcomeOf(`${path} with ${name}=${value.slice(0, 20)}`, getRaw(pathOf(path), { cookie }));
    });
    expect(wrong(await send(requests))).toEqual([]);
  });
});

it("no invalid input has written an error line, or a line that is not the app's", () => {
  expect(alarms()).toEqual([]);
});

describe("an outage of the database", () => {
  let cookie: string;
  beforeAll(async () => {
    cookie = (await newMember()).cookieHeader;
    await started.sql.end();
    await stack.stopDatabase();
  });

  const needed = [
    "/sign-up/email",
    "/sign-in/email",
    "/sign-out",
    "/reset-password",
    "/request-password-reset",
  ];
  const member = [
    "/update-user",
    "/change-email",
    "/change-password",
    "/delete-user",
    "/revoke-session-by-id",
  ];

  it.each([...needed, ...member])("is 503 for POST %s, and not a sign-out", async (path) => {
    const response = await new Visitor(stack.origin).post(pathOf(path), fields[path], { cookie });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
  });

  it.each(["/get-session", "/list-sessions", "/reset-password/x?callbackURL=/"])(
    "GET %s is 503, and a page for a person",
    async (path) => {
      const fetchAs = (accept: string) =>
        new Visitor(stack.origin).fetch(pathOf(path), { headers: { cookie, accept } });
      const response = await fetchAs("*/*");
      expect(response.status).toBe(503);
      expect(response.headers.getSetCookie()).toEqual([]);
      const page = await fetchAs("text/html");
      expect(page.status).toBe(503);
      expect(page.headers.get("content-type")).toMatch(/^text\/html/);
      expect(await page.text()).toContain("You have not been signed out");
    },
  );

  it("writes an error line", () => {
    expect(alarms().join("\n")).toContain("gate_session_store_unreachable");
  });
});

function getRaw(path: string, headers: Record<string, string>): Promise<Response> {
  return sendRaw("GET", path, headers);
}

function postRaw(
  path: string,
  headers: Record<string, string>,
  body: Uint8Array | string,
): Promise<Response> {
  return sendRaw("POST", path, { ...headers, "content-length": String(Buffer.byteLength(body)) }, body);
}

/** Sends exactly these headers. */
function sendRaw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Uint8Array | string,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(`${stack.origin}${path}`, { method, headers });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const id = response.headers["x-request-id"];
        resolve(
          new Response(null, {
            status: response.statusCode === 204 ? 204 : Math.max(200, response.statusCode ?? 0),
            headers: id ? { "x-request-id": String(id) } : {},
          }),
        );
      });
    });
    sent.end(body);
  });
}
