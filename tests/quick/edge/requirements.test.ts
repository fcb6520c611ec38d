import { describe, expect, it, test } from "vitest";
import { createGate } from "../../../edge/gate";
import { createRequirements } from "../../../edge/requirements";
import type { Requirement } from "../../../lib/routes";
import { type Identity, identityOf } from "../../../lib/token/contract";
import { signCookieCache, signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routes } from "../../fixtures/routes";

const SIGN_IN = Date.UTC(2026, 0, 1);
const member = identityOf(
  { id: "user-1", email: "ada@example.com", name: "Ada", emailVerified: false },
  { id: "session-1", createdAt: new Date(SIGN_IN) },
);
const admin: Identity = { ...member, role: "editor,admin", emailVerified: true };

/** What the identity does not meet at the path, some seconds after the sign-in. */
function unmet(rules: readonly Requirement[], path: string, identity: Identity, age = 0) {
  return createRequirements(rules)?.(path, identity, () => SIGN_IN / 1000 + age);
}

it("without rules there is no function, so a request does no work for them", () => {
  expect(createRequirements([])).toBeUndefined();
});

describe("a rule for a role", () => {
  const rules: Requirement[] = [{ path: "/backend/api/admin/*", role: "admin" }];

  it("is met by one of several roles, as Better Auth's admin plugin stores them", () => {
    expect(unmet(rules, "/backend/api/admin/users", admin)).toBeUndefined();
  });

  test.each([undefined, "member", "Admin", "administrator"])("is not met by the role %s", (role) => {
    expect(unmet(rules, "/backend/api/admin/users", { ...member, role })).toEqual({ role: "admin" });
  });

  test.each([
    "/backend/api/admin",
    "/backend/api/admin/",
    "/backend/api/%61dmin/users",
    "/backend/api/%61dmin/%E9",
    "/backend/api/%2561dmin/users",
    "/backend//api/admin/users",
    "/backend/api//admin",
    "/backend/api/x/..;/admin/users",
    "/backend/api/admin;a=b/users",
    "/backend/api/x/%252e%252e/admin",
    "/backend/api/admin.rsc",
    // Only a server that merges slashes, and does not cut a segment at a semicolon.
    "/backend//api/admin/..;/x",
    // Only a server that cuts a segment at a semicolon, and resolves no dot segments after that.
    "/backend/api/admin;a/..;/x",
  ])("applies to %s", (path) => {
    expect(unmet(rules, path, member)).toEqual({ role: "admin" });
  });

  test.each([
    "/backend/api",
    "/backend/api/administration",
    "/backend/api/Admin",
    "/backend/api/tasks/100%25",
  ])("does not apply to %s", (path) => {
    expect(unmet(rules, path, member)).toBeUndefined();
  });
});

it("a rule for an exact path does not apply below it", () => {
  const rules: Requirement[] = [{ path: "/backend/api/keys", role: "admin" }];
  expect(unmet(rules, "/backend/api/keys", member)).toEqual({ role: "admin" });
  expect(unmet(rules, "/backend/api/keys/", member)).toEqual({ role: "admin" });
  expect(unmet(rules, "/backend/api/keys/1", member)).toBeUndefined();
});

// `config.json` of the Build Output rewrites such paths.
test.each([
  "/api/export.rsc",
  "/api/export/.rsc",
  "/api/export.prefetch.rsc",
  "/api/export/.prefetch.rsc",
  "/api/export.segments/_tree.segment.rsc",
  "/api/export.segments/_tree.segment.rsc/",
  "/api/%65xport%2Esegments/a/b.segment.rsc",
])("rules for /api/export apply to %s, a path of Next's router", (path) => {
  for (const pattern of ["/api/export", "/api/export/*"] as const)
    expect(unmet([{ path: pattern, role: "admin" }], path, member)).toEqual({ role: "admin" });
});

it("a rule for a list of roles is met by any of them", () => {
  const role = ["admin", "support"];
  const rules: Requirement[] = [{ path: "/backend/api/users/*", role }];
  for (const own of ["admin", "support", "editor,support"])
    expect(unmet(rules, "/backend/api/users", { ...member, role: own })).toBeUndefined();
  expect(unmet(rules, "/backend/api/users", { ...member, role: "editor" })).toEqual({ role });
  expect(unmet(rules, "/backend/api/users", member)).toEqual({ role });
});

describe("a rule for a role in the active organisation", () => {
  const inOrg = (role: string): Identity => ({ ...member, org: { id: "org-1", slug: "acme", role } });

  test.each(["admin", "billing,admin"])("is met by the member's role %s", (role) => {
    const rules: Requirement[] = [{ path: "/backend/api/org/*", orgRole: "admin" }];
    expect(unmet(rules, "/backend/api/org/invoices", inOrg(role))).toBeUndefined();
  });

  test.each(["", "owner", "member", "Admin"])("is not met by the member's role %j", (role) => {
    const rules: Requirement[] = [{ path: "/backend/api/org/*", orgRole: "admin" }];
    expect(unmet(rules, "/backend/api/org/invoices", inOrg(role))).toEqual({ org_role: "admin" });
  });

  it("is met by any role of its list", () => {
    const orgRole = ["owner", "admin"];
    const rules: Requirement[] = [{ path: "/backend/api/org/*", orgRole }];
    expect(unmet(rules, "/backend/api/org", inOrg("owner"))).toBeUndefined();
    expect(unmet(rules, "/backend/api/org", inOrg("admin"))).toBeUndefined();
    expect(unmet(rules, "/backend/api/org", inOrg("member"))).toEqual({ org_role: orgRole });
  });

  it("is not met without an organisation, whatever role the user has", () => {
    const rules: Requirement[] = [{ path: "/backend/api/org/*", orgRole: "admin" }];
    expect(unmet(rules, "/backend/api/org", admin)).toEqual({ org_role: "admin" });
  });
});

describe("a rule for a verified email", () => {
  const rules: Requirement[] = [{ path: "/backend/api/share", verifiedEmail: true }];

  it("is met only if the session says that it is verified", () => {
    expect(unmet(rules, "/backend/api/share", admin)).toBeUndefined();
    expect(unmet(rules, "/backend/api/share", member)).toEqual({ verified_email: true });
    expect(unmet(rules, "/backend/api/share", { ...member, emailVerified: undefined })).toEqual({
      verified_email: true,
    });
  });
});

describe("a rule for a recent sign-in", () => {
  const rules: Requirement[] = [{ path: "/backend/api/account/*", withinSeconds: 300 }];

  test.each([
    [0, true],
    [300, true],
    [301, false],
    [-10, true],
    [-11, false],
  ])("%d seconds after the sign-in is met: %s", (age, isMet) => {
    const expected = isMet ? undefined : { max_age: 300 };
    expect(unmet(rules, "/backend/api/account/export", member, age)).toEqual(expected);
  });

  it("is not met if the time of the sign-in is unknown", () => {
    expect(unmet(rules, "/backend/api/account", { ...member, authTime: undefined })).toEqual({
      max_age: 300,
    });
  });
});

it("all rules for a path apply, and a role comes before the age", () => {
  const rules: Requirement[] = [
    { path: "/backend/api/*", withinSeconds: 300 },
    { path: "/backend/api/admin/*", verifiedEmail: true },
    { path: "/backend/api/admin/keys", role: "admin" },
  ];
  expect(unmet(rules, "/backend/api/admin/keys", member, 999)).toEqual({ role: "admin" });
  expect(unmet(rules, "/backend/api/admin/keys", { ...member, role: "admin" }, 999)).toEqual({
    verified_email: true,
  });
  expect(unmet(rules, "/backend/api/admin/keys", admin, 999)).toEqual({ max_age: 300 });
  expect(unmet(rules, "/backend/api/admin/keys", admin, 10)).toBeUndefined();
});

describe("the gate", () => {
  const APP = "http://localhost:3000";
  const requirements: Requirement[] = [
    { path: "/backend/api/admin/*", role: "admin" },
    { path: "/backend/api/users/*", role: ["admin", "support"] },
    { path: "/backend/api/org/*", orgRole: ["owner", "admin"] },
    { path: "/backend/api/share", verifiedEmail: true },
    { path: "/backend/api/account/*", withinSeconds: 300 },
    { path: "/api/export", role: "admin" },
  ];

  async function send(path: string, identity: Identity | null | Error, age = 0, headers: object = {}) {
    const gate = createGate(
      gateOptions(
        APP,
        {
          now: () => SIGN_IN + age * 1000,
          store: async () => {
            if (identity instanceof Error) throw identity;
            const session = identity && { identity, expiresAt: SIGN_IN + 86_400_000 };
            return { session, setCookies: [] };
          },
        },
        { routes: { ...routes, requirements } },
      ),
    );
    const cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
    return gate(new Request(APP + path, { headers: { cookie, ...headers } }));
  }

  it("refuses a call without the role with 403, and names the role", async () => {
    const response = await send("/backend/api/admin/users", member);
    expect(response.status).toBe(403);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("x-middleware-rewrite")).toBeNull();
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Not allowed",
      status: 403,
      detail: "This needs the role admin.",
      code: "gate_forbidden",
      request_id: "id-1",
      required: { role: "admin" },
    });
  });

  it("refuses a call without one of several roles with 403, and names them", async () => {
    const response = await send("/backend/api/users", member);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      detail: "This needs the role admin or support.",
      required: { role: ["admin", "support"] },
    });
  });

  it("forwards a call with the role", async () => {
    const response = await send("/backend/api/admin/users", admin);
    expect(response.headers.get("x-middleware-rewrite")).toBe("http://backend.internal:8000/api/admin/users");
  });

  it("refuses a call without the role in the organisation with 403, and names the roles", async () => {
    const response = await send("/backend/api/org/invoices", admin);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      detail: "This needs the role owner or admin in the active organisation.",
      code: "gate_forbidden",
      required: { org_role: ["owner", "admin"] },
    });
  });

  it("refuses a call without a verified email with 403", async () => {
    const response = await send("/backend/api/share", member);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      detail: "This needs a verified email address.",
      required: { verified_email: true },
    });
  });

  it("refuses a call after a sign-in that is too old as RFC 9470 says", async () => {
    const response = await send("/backend/api/account", member, 301);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    );
    expect(await response.json()).toMatchObject({
      code: "gate_sign_in_too_old",
      required: { max_age: 300 },
    });
  });

  it("refuses a route handler without the role, and passes it with the role", async () => {
    expect((await send("/api/export", member)).status).toBe(403);
    expect((await send("/api/export", admin)).headers.get("x-middleware-next")).toBe("1");
  });

  it.each(["/_next/data/build/api/export.json", "/_next/data/build/%61pi/export.json"])(
    "refuses %s, which Next serves as a route handler",
    async (path) => {
      for (const identity of [member, admin]) {
        const response = await send(path, identity);
        expect(response.headers.get("x-middleware-next")).toBeNull();
        expect(await response.json()).toMatchObject({ status: 400, code: "gate_bad_path" });
      }
    },
  );

  it("refuses a WebSocket without the role with 403", async () => {
    const handshake = { connection: "Upgrade", upgrade: "websocket", origin: APP };
    expect((await send("/backend/api/admin/live", member, 0, handshake)).status).toBe(403);
  });

  it("responds with 401 without a session and with 503 during an outage, as elsewhere", async () => {
    expect(await (await send("/backend/api/admin/users", null)).json()).toMatchObject({
      status: 401,
      code: "gate_signed_out",
    });
    expect((await send("/backend/api/admin/users", new Error("down"))).status).toBe(503);
  });

  it("reads role, verified email and time of the sign-in from the cookie cache as well", async () => {
    const data = await signCookieCache({ token: "abc", updatedAt: SIGN_IN, maxAgeSeconds: 60, version: "1" });
    const token = await signSessionToken("abc");
    const cookie = `better-auth.session_token=${token}; better-auth.session_data=${data}`;
    const response = await send("/backend/api/share", new Error("down"), 1, { cookie });
    expect(response.status).toBe(403);
  });
});
