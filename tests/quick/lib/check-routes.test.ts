import { describe, expect, it, test } from "vitest";
import { checkRoutes, RoutesError } from "../../../lib/check-routes";
import { organizations } from "../../../lib/organizations";
import { type Backend, type Routes, routes } from "../../../lib/routes";

const valid: Routes = {
  publicPages: ["/", "/about", "/blog/*"],
  guestPages: ["/login", "/join/*"],
  openApi: ["/api/auth/*", "/api/health"],
  backends: [
    {
      prefix: "/backend",
      address: "BACKEND_URL",
      access: [
        { path: "/backend/webhooks/*", methods: ["POST"], access: "open" },
        { path: "/backend/api/articles/*", methods: ["GET", "HEAD"], access: "optional" },
        { path: "/backend/api/articles", methods: ["POST"], access: "open" },
      ],
    },
    {
      prefix: "/reports",
      address: "REPORTS_URL",
      audience: "reports-api",
      timeoutSeconds: 290,
      maxBodyMb: 1,
      webSockets: false,
      access: [{ path: "/reports/public/*", methods: ["GET"], access: "optional" }],
    },
  ],
  maxStale: [
    ["/backend/api/account/*", 0],
    ["/account", 5],
  ],
  login: "/login",
  endSession: ["/api/auth/sign-out"],
  home: "/dashboard",
};

const [first, second] = valid.backends as [Backend, Backend];

/** The problems of the routes whose first backend has these values. */
const problemsOfFirst = (changes: Partial<Record<keyof Backend, unknown>>) =>
  problemsOf({ backends: [{ ...first, access: [], ...changes }] });

/** The problems of the routes whose second backend has these values. */
const problemsOfSecond = (changes: Partial<Record<keyof Backend, unknown>>) =>
  problemsOf({ backends: [first, { ...second, access: [], ...changes }] });

function problemsOf(
  changes: Partial<Record<keyof Routes, unknown>>,
  organizations = true,
): readonly string[] {
  try {
    // A list can also come from JavaScript, which has no types.
    checkRoutes({ ...valid, ...changes } as Routes, organizations);
    return [];
  } catch (error) {
    if (!(error instanceof RoutesError)) throw error;
    return error.problems;
  }
}

it("the routes of this app are valid", () => {
  expect(() => checkRoutes(routes, organizations)).not.toThrow();
});

it("valid routes with patterns are accepted", () => {
  expect(problemsOf({})).toEqual([]);
});

describe("an invalid pattern is refused:", () => {
  const encoded = "has an encoded character, or one that URLs encode. Write the pattern of a folder above it";
  const star = 'has a "*" that is not the whole last segment. Write an exact path, or "/folder/*"';
  const dots = "has a dot segment. Write the path that it leads to";
  const slash = 'has a slash too many at its end. Remove it: "/about" is also "/about/"';
  test.each([
    ["about", 'does not start with "/". Add it'],
    ["", 'does not start with "/". Add it'],
    ["*", 'does not start with "/". Add it'],
    ["/about?x=1", "has a query or a fragment. Remove it: only the path of a request is compared"],
    ["/about#x", "has a query or a fragment. Remove it: only the path of a request is compared"],
    ["/blog*", star],
    ["/b*/x", star],
    ["/*/x", star],
    ["/blog/**", star],
    ["/blog/*/*", star],
    ["/blog/*/", star],
    ["/%61bout", encoded],
    ["/über", encoded],
    ["/a b", encoded],
    ["/a\\b", encoded],
    ["/blog/../account", dots],
    ["/./about", dots],
    ["/blog/..", dots],
    ["/blog/../*", dots],
    ["/blog//post", 'has "//". Write "/"'],
    ["//about", 'has "//". Write "/"'],
    ["/about/", slash],
    ["/about//*", slash],
  ])("%s", (pattern, message) => {
    expect(problemsOf({ publicPages: [pattern] })).toEqual([`publicPages: "${pattern}" ${message}`]);
  });

  test.each(["publicPages", "guestPages", "openApi", "endSession"] as const)("in %s", (list) => {
    expect(problemsOf({ [list]: ["x"] })).toEqual([`${list}: "x" does not start with "/". Add it`]);
  });

  test.each(["login", "home"] as const)("as %s", (name) => {
    expect(problemsOf({ [name]: "x" })).toEqual([`${name}: "x" does not start with "/". Add it`]);
  });

  it("as the prefix of a backend", () => {
    expect(problemsOfFirst({ prefix: "x" })).toEqual(['backends: "x" does not start with "/". Add it']);
  });

  it("in maxStale", () => {
    expect(problemsOf({ maxStale: [["/account/", 0]] })).toEqual([`maxStale: "/account/" ${slash}`]);
  });
});

test.each([
  ["backends", { backends: [{ ...first, prefix: "/backend/*", access: [] }] }, "/backend/*"],
  ["login", { login: "/login/*" }, "/login/*"],
  ["home", { home: "/home/*" }, "/home/*"],
  ["endSession", { endSession: ["/api/auth/*"] }, "/api/auth/*"],
])("%s cannot be a pattern with a star", (list, changes, pattern) => {
  expect(problemsOf(changes)).toEqual([`${list}: "${pattern}" is a pattern. Write an exact path`]);
});

test.each([-1, 0.5, Number.NaN, "5"])("a limit of %s seconds is refused", (seconds) => {
  expect(problemsOf({ maxStale: [["/x", seconds]] })).toEqual([
    `maxStale: "/x" has the limit ${seconds}. Write a whole number of seconds, at least 0`,
  ]);
});

describe("a path with two kinds is refused:", () => {
  const cases: [sentence: string, changes: Partial<Routes>, problem: string][] = [
    [
      "a page that is public and for guests",
      { publicPages: ["/login"] },
      'publicPages: "/login" overlaps "/login" in guestPages. A path has one kind: change one of them',
    ],
    [
      "a page for guests in a public folder",
      { guestPages: ["/login", "/blog/join"] },
      'publicPages: "/blog/*" overlaps "/blog/join" in guestPages. A path has one kind: change one of them',
    ],
    [
      "a public page at the top of a folder for guests",
      { publicPages: ["/join"] },
      'publicPages: "/join" overlaps "/join/*" in guestPages. A path has one kind: change one of them',
    ],
    [
      "a public page below the backend's prefix",
      { publicPages: ["/backend/docs"] },
      'publicPages: "/backend/docs" overlaps "/backend" in backends. A path has one kind: change one of them',
    ],
    [
      "a backend in a public folder",
      { publicPages: ["/x/*"], backends: [{ ...first, prefix: "/x/backend", access: [] }], maxStale: [] },
      'publicPages: "/x/*" overlaps "/x/backend" in backends. A path has one kind: change one of them',
    ],
    [
      "an open route handler below the backend's prefix",
      { backends: [{ ...first, prefix: "/api", access: [] }] },
      'openApi: "/api/auth/*" overlaps "/api" in backends. A path has one kind: change one of them',
    ],
    [
      "a page twice",
      { publicPages: ["/about", "/about"] },
      'publicPages: "/about" and "/about" overlap. Remove one of them',
    ],
    [
      "a page in a folder of the same list",
      { publicPages: ["/blog/post", "/blog/*"] },
      'publicPages: "/blog/post" and "/blog/*" overlap. Remove one of them',
    ],
    [
      "a path with two limits",
      {
        maxStale: [
          ["/x", 1],
          ["/x", 2],
        ],
      },
      'maxStale: "/x" is listed twice. Remove one of them',
    ],
    [
      "an ending of a session twice",
      { endSession: ["/api/auth/sign-out", "/api/auth/sign-out"] },
      'endSession: "/api/auth/sign-out" is listed twice. Remove one of them',
    ],
  ];
  test.each(cases)("%s", (_, changes, problem) => {
    expect(problemsOf(changes)).toContain(problem);
  });
});

describe("a path in the wrong list is refused:", () => {
  const cases: [sentence: string, changes: Partial<Routes>, problem: string][] = [
    [
      "a page in openApi",
      { openApi: ["/about-us"] },
      'openApi: "/about-us" is not below "/api". List it in publicPages',
    ],
    [
      "a folder that only begins with the same letters",
      { openApi: ["/apis/*"] },
      'openApi: "/apis/*" is not below "/api". List it in publicPages',
    ],
    [
      "a route handler in publicPages",
      { publicPages: ["/api/feed"] },
      'publicPages: "/api/feed" is below "/api", where no page is. List it in openApi',
    ],
    [
      "every page",
      { publicPages: ["/*"], guestPages: ["/login"] },
      'publicPages: "/*" covers every page. List the pages or their folders',
    ],
    [
      "every path",
      { backends: [{ ...first, prefix: "/", access: [] }] },
      'backends: "/" covers every path. Write a path such as "/backend"',
    ],
    [
      "a backend below /api",
      { backends: [{ ...first, prefix: "/api/backend", access: [] }] },
      'backends: "/api/backend" is below "/api", where the app\'s route handlers are. Use another prefix',
    ],
    [
      "a protected sign-in page",
      { login: "/enter" },
      'login: "/enter" is not a page for guests. Add it to guestPages',
    ],
    [
      "a home page for guests",
      { home: "/join" },
      'home: "/join" is a page for guests, so a sign-in would be a redirect loop. Use another page',
    ],
    [
      "a home page at the backend",
      { home: "/backend/x" },
      'home: "/backend/x" is not a page. Use the path of a page',
    ],
    ["a home page below /api", { home: "/api/x" }, 'home: "/api/x" is not a page. Use the path of a page'],
  ];
  test.each(cases)("%s", (_, changes, problem) => {
    expect(problemsOf(changes)).toContain(problem);
  });
});

describe("a rule for the backend is refused:", () => {
  const rule = { path: "/backend/x", methods: ["GET"], access: "open" };
  test.each<[sentence: string, rules: unknown[], problem: string]>([
    [
      "with an invalid path",
      [{ ...rule, path: "/backend/x/" }],
      'access of "/backend": "/backend/x/" has a slash too many at its end. Remove it: "/about" is also "/about/"',
    ],
    [
      "for a path outside the backend",
      [{ ...rule, path: "/webhooks/*" }],
      'access of "/backend": "/webhooks/*" is not below "/backend". Write the path with this prefix',
    ],
    [
      "for every path",
      [{ ...rule, path: "/*" }],
      'access of "/backend": "/*" is not below "/backend". Write the path with this prefix',
    ],
    [
      "without methods",
      [{ ...rule, methods: [] }],
      'access of "/backend": "/backend/x" has no methods. List them, such as ["POST"]',
    ],
    [
      "with a method in lower case",
      [{ ...rule, methods: ["get"] }],
      'access of "/backend": "/backend/x" has the method "get". Use GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    ],
    [
      "with a method twice",
      [{ ...rule, methods: ["GET", "GET"] }],
      'access of "/backend": "/backend/x" has the method "GET" twice. Remove one of them',
    ],
    [
      "with an unknown access",
      [{ ...rule, access: "public" }],
      'access of "/backend": "/backend/x" has the access "public". Use "optional" or "open", or remove the rule',
    ],
    [
      "next to another one for the same path and method",
      [rule, { ...rule, path: "/backend/*", methods: ["GET", "POST"], access: "optional" }],
      'access of "/backend": "/backend/x" and "/backend/*" overlap for the same method. Remove or change one of them',
    ],
  ])("%s", (_, access, problem) => {
    expect(problemsOfFirst({ access })).toEqual([problem]);
  });

  it("but not next to one for another method", () => {
    expect(problemsOfFirst({ access: [rule, { ...rule, methods: ["POST"] }] })).toEqual([]);
  });
});

describe("a backend is refused:", () => {
  const address = 'Write the name of a variable, such as "REPORTS_URL"';
  const audience = "Give it one of its own, and the same to the service as JWT_AUDIENCE";
  test.each<[sentence: string, problems: () => readonly string[], problem: string]>([
    [
      "none at all",
      () => problemsOf({ backends: [] }),
      'backends: is empty. List at least one, with the prefix "/backend"',
    ],
    [
      "an address instead of the name of a variable",
      () => problemsOfFirst({ address: "https://api.example.com" }),
      `backends: "/backend" has the address "https://api.example.com". ${address}`,
    ],
    [
      "the name of a variable in lower case",
      () => problemsOfSecond({ address: "reports_url" }),
      `backends: "/reports" has the address "reports_url". ${address}`,
    ],
    [
      "an audience of the first one, which would not be that of GET /api/auth/token",
      () => problemsOfFirst({ audience: "x" }),
      'backends: "/backend" has an audience, and the first backend\'s is JWT_AUDIENCE. Remove it here',
    ],
    [
      "a further one without an audience",
      () => problemsOfSecond({ audience: undefined }),
      `backends: "/reports" has no audience. ${audience}`,
    ],
    [
      "a further one with a blank audience",
      () => problemsOfSecond({ audience: " " }),
      `backends: "/reports" has no audience. ${audience}`,
    ],
    [
      "two with the same audience",
      () =>
        problemsOf({ backends: [first, second, { ...second, prefix: "/c", address: "C_URL", access: [] }] }),
      'backends: "/reports" and "/c" have the same audience, "reports-api". Each service has its own audience',
    ],
    [
      "two with the same address",
      () => problemsOfSecond({ address: "BACKEND_URL" }),
      'backends: "/backend" and "/reports" have the same address, "BACKEND_URL". Each service has its own variable',
    ],
    [
      "two with the same prefix",
      () => problemsOfSecond({ prefix: "/backend" }),
      'backends: "/backend" and "/backend" overlap. Remove one of them',
    ],
    [
      "one below another one",
      () => problemsOfSecond({ prefix: "/backend/reports" }),
      'backends: "/backend" and "/backend/reports" overlap. Remove one of them',
    ],
    [
      "one that covers a public page",
      () => problemsOfSecond({ prefix: "/about" }),
      'publicPages: "/about" overlaps "/about" in backends. A path has one kind: change one of them',
    ],
    [
      "a rule of another one",
      () => problemsOfSecond({ access: first.access.slice(0, 1) }),
      'access of "/reports": "/backend/webhooks/*" is not below "/reports". Write the path with this prefix',
    ],
  ])("%s", (_, problems, problem) => {
    expect(problems()).toEqual([problem]);
  });

  test.each([
    ["timeoutSeconds", 0, 290],
    ["timeoutSeconds", 291, 290],
    ["timeoutSeconds", 1.5, 290],
    ["timeoutSeconds", "60", 290],
    ["maxBodyMb", 0, 1024],
    ["maxBodyMb", 1025, 1024],
    ["maxBodyMb", Number.NaN, 1024],
  ])("one with the %s %s", (name, value, max) => {
    expect(problemsOfFirst({ [name]: value })).toEqual([
      `backends: "/backend" has the ${name} ${value}. Write a whole number from 1 to ${max}`,
    ]);
  });
});

describe("the docs of a backend are refused:", () => {
  test.each([
    ["/docs", '"/docs" is not below "/backend". Write the path with this prefix'],
    ["/backend", '"/backend" is not below "/backend". Write the path with this prefix'],
    ["/backend/docs/*", '"/backend/docs/*" is a pattern. Write an exact path'],
    ["docs", '"docs" does not start with "/". Add it'],
  ])("at %s", (path, message) => {
    expect(problemsOfFirst({ docs: { page: path, scripts: [] } })).toEqual([
      `docs of "/backend": ${message}`,
    ]);
    expect(problemsOfFirst({ docs: { page: "/backend/docs", scripts: [path] } })).toEqual([
      `docs of "/backend": ${message}`,
    ]);
  });
});

describe("a requirement is refused:", () => {
  const rule = (more: object) => problemsOf({ requirements: [{ path: "/backend/api/admin/*", ...more }] });
  const name = 'requirements: "/backend/api/admin/*"';

  test.each<[string, object, string]>([
    [
      "without a condition",
      {},
      "has no condition. Add one of role, orgRole, verifiedEmail, withinSeconds, or remove the rule",
    ],
    [
      "an unknown condition",
      { roles: "admin" },
      'has the condition "roles". Use role, orgRole, verifiedEmail, withinSeconds',
    ],
    ...["role", "orgRole"].flatMap((key) =>
      [[], "", "owner,admin", ["owner", ""], ["owner", "ad min"], [7], null].map(
        (value): [string, object, string] => [
          `${key}: ${JSON.stringify(value)}`,
          { [key]: value },
          `has ${key}: ${JSON.stringify(value)}. Write one role or a list, each without a comma or white space`,
        ],
      ),
    ),
    [
      "an email that need not be verified",
      { verifiedEmail: false },
      "has verifiedEmail: false. Write true, or remove the condition",
    ],
    [
      "an age of 0",
      { withinSeconds: 0 },
      "has withinSeconds: 0. Write a whole number of seconds, at least 1",
    ],
    [
      "an age that is no number",
      { withinSeconds: "5m" },
      "has withinSeconds: 5m. Write a whole number of seconds, at least 1",
    ],
  ])("%s", (_, more, message) => {
    expect(rule(more)).toEqual([`${name} ${message}`]);
  });

  test.each([
    [
      "/admin/*",
      "is below none of /backend, /reports, /api. Remove the rule. A page calls requireRole, requireOrgRole or requireSession",
    ],
    [
      "/backend/webhooks/payments",
      'overlaps "/backend/webhooks/*", which is open in access of "/backend": it works without a session. Change one of them',
    ],
    [
      "/backend/api/articles/drafts",
      'overlaps "/backend/api/articles/*", which is optional in access of "/backend": it works without a session. Change one of them',
    ],
    [
      "/api/auth/*",
      'overlaps "/api/auth/*", which is in openApi: it works without a session. Change one of them',
    ],
    ["/api/admin/", 'has a slash too many at its end. Remove it: "/about" is also "/about/"'],
  ])("at %s", (path, message) => {
    expect(problemsOf({ requirements: [{ path, role: "admin" }] })).toEqual([
      `requirements: "${path}" ${message}`,
    ]);
  });

  it("with a role in the organisation, if the app has no organisations", () => {
    const requirements = [
      { path: "/backend/api/admin/*", role: "admin" },
      { path: "/backend/api/org/*", orgRole: "admin" },
    ];
    expect(problemsOf({ requirements }, false)).toEqual([
      'requirements: "/backend/api/org/*" has orgRole, and the app has no organisations. ' +
        "Write organizations = true in lib/organizations.ts, or remove the condition",
    ]);
  });

  it("no other one", () => {
    const requirements = [
      { path: "/backend/api/admin/*", role: "admin", verifiedEmail: true },
      { path: "/backend/api/admin/keys", withinSeconds: 300 },
      { path: "/backend/api/org/*", orgRole: "admin" },
      { path: "/backend/api/org/invoices", orgRole: ["owner", "admin"] },
      { path: "/api/export", verifiedEmail: true },
    ];
    expect(problemsOf({ requirements })).toEqual([]);
    expect(problemsOf({ requirements: undefined })).toEqual([]);
  });
});

it("all problems are reported together, in one message that names the file", () => {
  const changes = { publicPages: ["/a/", "b"] } as unknown as Partial<Routes>;
  expect(() => checkRoutes({ ...valid, ...changes }, false)).toThrow(
    'The routes in lib/routes.ts cannot be used:\n  - publicPages: "/a/" has a slash too many at its end. ' +
      'Remove it: "/about" is also "/about/"\n  - publicPages: "b" does not start with "/". Add it',
  );
});

test.each([
  [{ basePath: "/" }, 'basePath: "/" is the path of an app without a base path. Write ""'],
  [{ basePath: "app" }, 'basePath: "app" does not start with "/". Add it'],
  [
    { basePath: "/app/" },
    'basePath: "/app/" has a slash too many at its end. Remove it: "/about" is also "/about/"',
  ],
  [{ basePath: "/app/*" }, 'basePath: "/app/*" is a pattern. Write an exact path'],
  [{ locales: ["de", "api"] }, 'locales: "api" is no first segment of a page\'s path. Write it like "de"'],
  [{ locales: ["/de"] }, 'locales: "/de" is no first segment of a page\'s path. Write it like "de"'],
  [{ locales: ["de", "de"] }, 'locales: "de" is listed twice. Remove one of them'],
  [{ locales: ["blog"] }, 'publicPages: "/blog/*" begins with the locale "blog". Write the path without it'],
  [{ locales: ["login"] }, 'guestPages: "/login" begins with the locale "login". Write the path without it'],
  [{ locales: ["backend"] }, 'backends: "/backend" begins with the locale "backend". Use another prefix'],
  [
    { locales: ["account"] },
    'maxStale: "/account" begins with the locale "account". Write the path without it',
  ],
])("%o is refused", (changes, problem) => {
  expect(problemsOf(changes)).toContain(problem);
});

it.each([
  { basePath: "" },
  { basePath: "/app" },
  { basePath: "/login" },
  { locales: [] },
  { locales: ["de", "pt-BR"] },
])("%o is accepted", (changes) => {
  expect(problemsOf(changes)).toEqual([]);
});
