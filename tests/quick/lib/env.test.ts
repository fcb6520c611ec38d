import { describe, expect, it, test } from "vitest";
import { readBackend } from "../../../lib/backends";
import { EnvError, parseEnv as parseEnvOf } from "../../../lib/env";
import type { Backend } from "../../../lib/routes";

const good = {
  BETTER_AUTH_URL: "https://app.example.com",
  BETTER_AUTH_SECRET: "0123456789abcdefghijklmnopqrstuvwxyz",
  JWT_SECRET_KEY: "zyxwvutsrqponmlkjihgfedcba9876543210",
  DATABASE_URL: "postgresql://user:hidden-password@db.neon.tech/app",
  BACKEND_URL: "https://api.example.com",
};

const main: Backend = { prefix: "/backend", address: "BACKEND_URL", access: [] };

/** With one backend, whatever the app's routes are. */
const parseEnv = (source: Record<string, string | undefined>, backends: readonly Backend[] = [main]) =>
  parseEnvOf(source, backends);

function problemsOf(source: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnv(source);
    return [];
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
}

it("parseEnv sets the default of each optional variable", () => {
  expect(parseEnv(good)).toEqual({
    appOrigin: "https://app.example.com",
    origins: ["https://app.example.com"],
    backendUrls: { BACKEND_URL: "https://api.example.com" },
    forwarding: "rewrite",
    databaseUrl: good.DATABASE_URL,
    neonEndpoint: undefined,
    databasePoolSize: 10,
    gateDatabase: { databaseUrl: good.DATABASE_URL, neonEndpoint: undefined },
    authSecrets: [good.BETTER_AUTH_SECRET],
    authOptions: { secret: good.BETTER_AUTH_SECRET },
    jwt: { keys: [good.JWT_SECRET_KEY], issuer: "phase2-web", audience: "phase2-api", ttlSeconds: 300 },
    sessionMaxStaleSeconds: 60,
    maxBodyBytes: 10 * 1024 * 1024,
    backendTimeoutSeconds: 120,
    longestTimeoutSeconds: 290,
    shutdownDelaySeconds: 5,
    tokenEndpoint: false,
    mail: undefined,
    providers: {},
    development: false,
    nextServer: false,
    distDir: ".next",
    clientAddressHeader: undefined,
    onVercel: false,
  });
});

describe("the message about an invalid value has its variable, what is wrong and the fix", () => {
  const short = "too-short";
  const newer = "newer-secret-newer-secret-newer-secret-1";
  const rows: [name: string, value: string | undefined, message: RegExp][] = [
    ["BETTER_AUTH_URL", undefined, /is not set.*https:\/\/app\.example\.com/],
    ["BETTER_AUTH_URL", "app.example.com", /is not an address/],
    ["BETTER_AUTH_URL", "https://app.example.com/base", /holds the path \/base/],
    ["BETTER_AUTH_SECRET", undefined, /is not set.*openssl/],
    ["BETTER_AUTH_SECRET", "   ", /is not set/],
    ["BETTER_AUTH_SECRET", short, /is 9 bytes long, and the minimum is 32.*openssl/],
    ["BETTER_AUTH_SECRET", "change-me-change-me-change-me-change-me", /is a placeholder/],
    ["BETTER_AUTH_SECRETS", "no-number-no-number-no-number-no-number", /not of the form 2:/],
    ["BETTER_AUTH_SECRETS", `2:${short}`, /is 9 bytes long/],
    ["BETTER_AUTH_SECRETS", `1:${newer},1:${good.BETTER_AUTH_SECRET}`, /one number to two secrets/],
    ["JWT_SECRET_KEY", undefined, /is not set.*FastAPI/],
    ["JWT_SECRET_KEY", "x".repeat(40), /is a placeholder/],
    ["JWT_SECRET_KEY", "your-secret-key-goes-here-your-secret", /is a placeholder/],
    ["JWT_SECRET_KEY", `${good.JWT_SECRET_KEY},`, /empty key/],
    ["JWT_SECRET_KEY", `${good.JWT_SECRET_KEY},${short}`, /is 9 bytes long/],
    ["JWT_SECRET_KEY", good.BETTER_AUTH_SECRET, /is also a secret of Better Auth/],
    [
      "JWT_SECRET_KEY",
      `${good.JWT_SECRET_KEY},${good.BETTER_AUTH_SECRET}`,
      /is also a secret of Better Auth/,
    ],
    ["DATABASE_URL", undefined, /is not set.*Neon/],
    ["DATABASE_URL", "mysql://user:hidden-password@host/db", /is not a connection string/],
    ["BACKEND_URL", undefined, /is not set\. Set it to the address of the backend at \/backend/],
    ["BACKEND_URL", "ftp://api.example.com", /is not an address/],
    ["BACKEND_URL", "https://user:pass@api.example.com", /more than an address/],
    ["BACKEND_URL", "https://api.example.com?x=1", /more than an address/],
    ["NEON_ENDPOINT", "nowhere", /is not an address/],
    ["DATABASE_POOL_SIZE", "4", /whole number from 5 to 100/],
    ["DATABASE_POOL_SIZE", "101", /whole number from 5 to 100/],
    ["JWT_TTL_SECONDS", "1801", /whole number from 30 to 1800/],
    ["JWT_TTL_SECONDS", "five", /whole number/],
    ["SESSION_MAX_STALE_SECONDS", "-1", /whole number from 0 to 3600/],
    ["SESSION_MAX_STALE_SECONDS", "1e3", /whole number/],
    ["MAX_BODY_MB", "0", /whole number from 1/],
    ["BACKEND_TIMEOUT_SECONDS", "0", /whole number from 1 to 290/],
    ["BACKEND_TIMEOUT_SECONDS", "291", /whole number from 1 to 290/],
    ["TOKEN_ENDPOINT", "yes", /on or off/],
    ["BACKEND_FORWARD", "proxy", /rewrite or relay/],
    ["SMTP_URL", "mail.example.com", /is not the address of a mail server.*smtp:\/\//],
    ["SMTP_URL", "https://user:hidden-password@mail.example.com", /is not the address of a mail server/],
    ["MAIL_FROM", "Gatehouse", /is not an email address.*Gatehouse <no-reply@example.com>/],
    [
      "MAIL_FROM",
      "Gatehouse <a@example.com>\r\nBcc: b@example.com",
      /control or invisible character \(U\+000D\)/,
    ],
    ["MAIL_FROM", "Acme, Inc <a@example.com>", /is not an email address/],
    ["MAIL_FROM", "Acme (mail) <a@example.com>", /is not an email address/],
    ["MAIL_FROM", "a@example.com, b@example.com", /is not an email address/],
    ["MAIL_FROM", "a@example.com.", /is not an email address/],
    ["CLIENT_ADDRESS_HEADER", "x client", /not the name of a header/],
    ["CLIENT_ADDRESS_HEADER", "x_forwarded_for", /not the name of a header.*hyphens/],
    ["CLIENT_ADDRESS_HEADER", "X-Real-IP:", /not the name of a header/],
    ...[
      "Cookie",
      "authorization",
      "Host",
      "forwarded",
      "x-forwarded-host",
      "user-agent",
      "sec-fetch-site",
      "content-length",
      "proxy-authorization",
      "x-middleware-rewrite",
    ].map((name): [string, string, RegExp] => [
      "CLIENT_ADDRESS_HEADER",
      name,
      new RegExp(`is ${name.toLowerCase()}, which does not hold one address.*X-Real-IP`),
    ]),
    ["BETTER_AUTH_SECRETS", "  ", /is not set: it is blank/],
    ["JWT_ISSUER", " ", /is blank/],
    ["JWT_ISSUER", "phase2\u0007web", /invisible character \(U\+0007\)/],
    ["JWT_AUDIENCE", "phase2\ufffdapi", /invisible character \(U\+FFFD\)/],
    ["BETTER_AUTH_SECRET", `"${good.BETTER_AUTH_SECRET}"`, /in quotes.*Remove them/],
    ["BETTER_AUTH_SECRETS", `2:'${newer}'`, /in quotes/],
    ["OAUTH_PROXY_URL", "https://app.example.com/login", /holds the path \/login/],
    ["OAUTH_PROXY_PREVIEWS", "app-*.vercel.app", /is not an address/],
    ["OAUTH_PROXY_PREVIEWS", "https://app-*.vercel.app/", /Write it as an origin/],
    ["OAUTH_PROXY_PREVIEWS", "https://app-*.vercel.app,", /is not an address/],
    ["OAUTH_PROXY_PREVIEWS", "https://app.example.com:*", /is not an address|cannot be parsed/],
    ["BETTER_AUTH_TRUSTED_ORIGINS", "https://evil.example", /origins that the gate does not. Remove it/],
  ];

  test.each(rows)("%s=%s", (name, value, message) => {
    const problems = problemsOf({ ...good, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: `));
    expect(problems[0]).toMatch(message);
  });
});

describe("variables that belong together", () => {
  const rows: [has: Record<string, string>, lacks: string][] = [
    [{ SMTP_URL: "smtp://mail.example.com" }, "MAIL_FROM"],
    [{ GITHUB_CLIENT_ID: "id" }, "GITHUB_CLIENT_SECRET"],
    [{ GITHUB_CLIENT_SECRET: "hidden-secret" }, "GITHUB_CLIENT_ID"],
    [{ GOOGLE_CLIENT_ID: "id" }, "GOOGLE_CLIENT_SECRET"],
    [{ GOOGLE_CLIENT_SECRET: "hidden-secret" }, "GOOGLE_CLIENT_ID"],
  ];
  it.each(rows)("%o require %s", (has, lacks) => {
    const problems = problemsOf({ ...good, ...has });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${lacks}: is not set. ${Object.keys(has)[0]} is set`));
    expect(problems[0]).not.toContain("hidden");
  });

  it("are all set, or none of them", () => {
    const { mail, providers } = parseEnv({
      ...good,
      SMTP_URL: "smtps://user:pass@mail.example.com",
      MAIL_FROM: "Gatehouse <no-reply@example.com>",
      GITHUB_CLIENT_ID: "id",
      GITHUB_CLIENT_SECRET: "secret",
    });
    expect(mail).toEqual({
      smtpUrl: "smtps://user:pass@mail.example.com",
      from: "Gatehouse <no-reply@example.com>",
    });
    expect(providers).toEqual({ github: { clientId: "id", clientSecret: "secret" } });
  });
});

describe("sign-in through another site on previews", () => {
  const secret = "proxy-secret-proxy-secret-proxy-secret-1";
  const production = { OAUTH_PROXY_SECRET: secret, OAUTH_PROXY_PREVIEWS: "https://app-*.example.com" };
  const preview = { OAUTH_PROXY_SECRET: secret, OAUTH_PROXY_URL: "https://www.example.com" };

  it("is off unless it is configured", () => {
    expect(parseEnv(good).oauthProxy).toBeUndefined();
  });

  it("has one part in production and another in a preview", () => {
    expect(parseEnv({ ...good, ...production }).oauthProxy).toEqual({
      role: "production",
      secret,
      previews: ["https://app-*.example.com"],
    });
    expect(parseEnv({ ...good, ...preview }).oauthProxy).toEqual({
      role: "preview",
      secret,
      productionOrigin: "https://www.example.com",
    });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["no secret", { ...preview, OAUTH_PROXY_SECRET: "" }, /^OAUTH_PROXY_SECRET: is not set. Make one/],
    ["a short secret", { ...preview, OAUTH_PROXY_SECRET: "short" }, /^OAUTH_PROXY_SECRET: is 5 bytes long/],
    ["only a secret", { OAUTH_PROXY_SECRET: secret }, /^OAUTH_PROXY_SECRET: is set alone/],
    ["both parts", { ...production, ...preview }, /^OAUTH_PROXY_URL: is for previews/],
    [
      "its own address",
      { ...preview, OAUTH_PROXY_URL: good.BETTER_AUTH_URL },
      /^OAUTH_PROXY_URL: is the address of this deployment/,
    ],
    [
      "the secret of the sessions",
      { ...preview, OAUTH_PROXY_SECRET: good.BETTER_AUTH_SECRET },
      /^OAUTH_PROXY_SECRET: is also another secret/,
    ],
    [
      "the key of FastAPI",
      { ...preview, OAUTH_PROXY_SECRET: good.JWT_SECRET_KEY },
      /^OAUTH_PROXY_SECRET: is also another secret/,
    ],
  ])("with %s is a problem with its fix", (_, variables, message) => {
    const problems = problemsOf({ ...good, ...variables });
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain(secret);
  });
});

test.each([
  "x-forwarded-for",
  "X-Real-IP",
  "cf-connecting-ip",
  "true-client-ip",
  "fly-client-ip",
  "x-vercel-forwarded-for",
  "x-client-address",
])("CLIENT_ADDRESS_HEADER may be %s", (name) => {
  expect(parseEnv({ ...good, CLIENT_ADDRESS_HEADER: name }).clientAddressHeader).toBe(name.toLowerCase());
});

it("a blank BETTER_AUTH_SECRETS does not replace BETTER_AUTH_SECRET", () => {
  const problems = problemsOf({ ...good, BETTER_AUTH_SECRET: undefined, BETTER_AUTH_SECRETS: " " });
  expect(problems.join()).toMatch(/BETTER_AUTH_SECRETS: is not set.*BETTER_AUTH_SECRET: is not set/);
});

it("parseEnv reports all problems at once", () => {
  expect(problemsOf({}).map((line) => line.split(":")[0])).toEqual([
    "BETTER_AUTH_URL",
    "BETTER_AUTH_SECRET",
    "JWT_SECRET_KEY",
    "BACKEND_URL",
    "DATABASE_URL",
  ]);
});

it("the message contains no secret and no password", () => {
  const secrets = {
    BETTER_AUTH_SECRET: "hunter2-hunter2",
    JWT_SECRET_KEY: "changeme-changeme-changeme-changeme",
  };
  const problems = problemsOf({ ...good, ...secrets, DATABASE_URL: "mysql://u:hidden-password@h/d" }).join(
    "\n",
  );
  expect(problems).not.toMatch(/hunter2|changeme|hidden-password/);
});

describe("Better Auth's secrets", () => {
  const newer = "newer-secret-newer-secret-newer-secret-1";
  const older = "older-secret-older-secret-older-secret-2";

  it("are a ring: first those with a number, then the one without", () => {
    const env = parseEnv({ ...good, BETTER_AUTH_SECRETS: `3:${newer}, 2:${older}` });
    expect(env.authSecrets).toEqual([newer, older, good.BETTER_AUTH_SECRET]);
    expect(env.authOptions).toEqual({
      secret: good.BETTER_AUTH_SECRET,
      secrets: [
        { version: 3, value: newer },
        { version: 2, value: older },
      ],
    });
  });

  it("can all have a number", () => {
    const env = parseEnv({ ...good, BETTER_AUTH_SECRET: undefined, BETTER_AUTH_SECRETS: `1:${newer}` });
    expect(env.authSecrets).toEqual([newer]);
  });

  it("must not be FastAPI's key", () => {
    const source = { ...good, BETTER_AUTH_SECRETS: `2:${newer},1:${good.JWT_SECRET_KEY}` };
    expect(problemsOf(source)[0]).toMatch(/^JWT_SECRET_KEY: is also a secret of Better Auth/);
  });
});

describe("the key ring", () => {
  it("is separated by commas, and white space around a key is not part of it", () => {
    const other = "another-key-another-key-another-key-1";
    expect(parseEnv({ ...good, JWT_SECRET_KEY: ` ${good.JWT_SECRET_KEY} , ${other} ` }).jwt.keys).toEqual([
      good.JWT_SECRET_KEY,
      other,
    ]);
  });

  it("measures its keys in bytes, not in characters", () => {
    expect(problemsOf({ ...good, JWT_SECRET_KEY: `${"é".repeat(15)}xy` })).toEqual([]);
    expect(problemsOf({ ...good, JWT_SECRET_KEY: `${"é".repeat(15)}x` })).toHaveLength(1);
  });
});

describe("the address of FastAPI", () => {
  it.each([
    ["https://api.example.com/", "https://api.example.com"],
    ["https://api.example.com/v1/", "https://api.example.com/v1"],
    ["http://127.0.0.1:8000", "http://127.0.0.1:8000"],
  ])("%s is %s", (value, url) => {
    expect(parseEnv({ ...good, BACKEND_URL: value }).backendUrls).toEqual({ BACKEND_URL: url });
  });
});

describe("a second backend", () => {
  const reports: Backend = {
    prefix: "/reports",
    address: "REPORTS_URL",
    audience: "reports-api",
    access: [],
  };
  const two: readonly Backend[] = [main, reports];
  const withReports = { ...good, REPORTS_URL: "https://reports.example.com/v1/" };

  const problemsOfTwo = (source: Record<string, string | undefined>) => {
    try {
      parseEnv(source, two);
      return [];
    } catch (error) {
      if (error instanceof EnvError) return error.problems;
      throw error;
    }
  };

  it("has its address in the variable that the routes name", () => {
    expect(parseEnv(withReports, two).backendUrls).toEqual({
      BACKEND_URL: "https://api.example.com",
      REPORTS_URL: "https://reports.example.com/v1",
    });
  });

  it("without an address is a problem with the name of its variable", () => {
    expect(problemsOfTwo(good)).toEqual([
      "REPORTS_URL: is not set. Set it to the address of the backend at /reports, such as https://api.example.com",
    ]);
  });

  it("cannot have the audience of the first one", () => {
    expect(problemsOfTwo({ ...withReports, JWT_AUDIENCE: "reports-api" })).toEqual([
      expect.stringMatching(/^JWT_AUDIENCE: is also the audience of \/reports .*Change one of them$/),
    ]);
  });

  it("has the settings of the environment where it has none of its own", () => {
    const env = parseEnv({ ...withReports, BACKEND_TIMEOUT_SECONDS: "30", MAX_BODY_MB: "2" }, two);
    expect(readBackend(reports, env)).toEqual({
      prefix: "/reports",
      url: "https://reports.example.com/v1",
      jwt: { ...env.jwt, audience: "reports-api" },
      timeoutSeconds: 30,
      maxBodyBytes: 2 * 1024 * 1024,
    });
    expect(readBackend({ ...reports, timeoutSeconds: 200, maxBodyMb: 50 }, env)).toMatchObject({
      timeoutSeconds: 200,
      maxBodyBytes: 50 * 1024 * 1024,
    });
  });

  it("has at most the timeout that a relay on Vercel can have", () => {
    const env = parseEnv({ ...withReports, VERCEL: "1", BACKEND_FORWARD: "relay" }, two);
    expect(readBackend({ ...reports, timeoutSeconds: 200 }, env).timeoutSeconds).toBe(25);
    expect(readBackend(reports, env).timeoutSeconds).toBe(25);
  });
});

describe("the app's origins", () => {
  it("include both names of loopback, because a browser can use either", () => {
    const { origins } = parseEnv({ ...good, BETTER_AUTH_URL: "http://localhost:3000" });
    expect([...origins].sort()).toEqual(["http://127.0.0.1:3000", "http://localhost:3000"]);
  });

  it("are the deployment's own host names on a Vercel preview", () => {
    const env = parseEnv({
      ...good,
      BETTER_AUTH_URL: undefined,
      VERCEL: "1",
      VERCEL_ENV: "preview",
      VERCEL_URL: "app-abc.vercel.app",
      VERCEL_BRANCH_URL: "app-git-main.vercel.app",
    });
    expect(env.appOrigin).toBe("https://app-abc.vercel.app");
    expect(env.origins).toEqual(["https://app-abc.vercel.app", "https://app-git-main.vercel.app"]);
    expect(env.clientAddressHeader).toBe("x-vercel-forwarded-for");
  });
});

describe("a database that is not Neon's", () => {
  const DATABASE_URL = "postgresql://user:hidden-password@db.example.com/app?sslmode=verify-full";

  it("is accepted on a server of one's own", () => {
    expect(problemsOf({ ...good, DATABASE_URL })).toEqual([]);
  });

  it("is refused on Vercel, where the gate cannot reach it, with what to do instead", () => {
    const [problem, ...others] = problemsOf({ ...good, DATABASE_URL, VERCEL: "1" });
    expect(problem).toMatch(/^DATABASE_URL: is not a database at Neon.*Use Neon, or host the app yourself/);
    expect(problem).not.toContain("hidden-password");
    expect(others).toEqual([]);
  });

  it("is accepted on Vercel behind an endpoint that speaks Neon's protocol", () => {
    const NEON_ENDPOINT = "https://neon.example.com";
    expect(problemsOf({ ...good, DATABASE_URL, NEON_ENDPOINT, VERCEL: "1" })).toEqual([]);
  });

  it("is reached by the gate through the listener of its process, and by other code directly", () => {
    const listener = "postgresql://gate:secret@127.0.0.1:4711/lookups";
    const env = parseEnv({ ...good, DATABASE_URL, __NEXT_PRIVATE_GATE_DATABASE: listener });
    expect(env.gateDatabase).toEqual({ databaseUrl: listener, neonEndpoint: "http://127.0.0.1:4711" });
    expect(env).toMatchObject({ databaseUrl: DATABASE_URL, neonEndpoint: undefined });
  });
});
