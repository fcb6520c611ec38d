import { describe, expect, it } from "vitest";
import { hasOrgRole, hasRole, identityOf } from "../../../../lib/token/contract";

const ada = { id: "user-1", email: "ada@example.com", name: "Ada" };
const createdAt = new Date("2026-01-01T00:00:00.999Z");

describe("the identity of a session", () => {
  it("has the time of the sign-in in whole seconds", () => {
    expect(identityOf(ada, { id: "s", createdAt }).authTime).toBe(Date.UTC(2026, 0, 1) / 1000);
  });

  it("has no time of the sign-in if it is not known", () => {
    expect(identityOf(ada, { id: "s" }).authTime).toBeUndefined();
  });

  it("cannot be made from an invalid date", () => {
    expect(() => identityOf(ada, { id: "s", createdAt: new Date("yesterday") })).toThrow(/createdAt/);
  });

  it.each([
    [true, true],
    [false, false],
    [undefined, false],
    [null, false],
    ["true", false],
  ])("with emailVerified %j has a verified email: %s", (emailVerified, isVerified) => {
    expect(identityOf({ ...ada, emailVerified }, { id: "s" }).emailVerified).toBe(isVerified);
  });

  it("has the role of the user", () => {
    expect(identityOf({ ...ada, role: "admin" }, { id: "s" }).role).toBe("admin");
  });

  it.each([undefined, null, "", 7, true, ["admin"]])("has no role if the user's is %j", (role) => {
    expect(identityOf({ ...ada, role }, { id: "s" }).role).toBeUndefined();
  });

  it("has the active organisation only if it is passed", () => {
    const acme = { id: "org-1", slug: "acme", role: "admin" };
    expect(identityOf(ada, { id: "s" }, acme).org).toEqual(acme);
    expect(identityOf({ ...ada, org: acme }, { id: "s" }).org).toBeUndefined();
  });

  it.each([
    ["admin, owner", "admin,owner"],
    [" admin ,,", "admin"],
    [" , ", ""],
  ])("has the roles %j of a member as %j", (role, expected) => {
    expect(identityOf(ada, { id: "s" }, { id: "org-1", slug: "acme", role }).org?.role).toBe(expected);
  });

  it("has a slug and roles of limited length, so that the token stays short", () => {
    const org = { id: "org-1", slug: "s".repeat(5_000), role: "r".repeat(5_000) };
    expect(identityOf(ada, { id: "s" }, org).org).toEqual({
      id: "org-1",
      slug: `${"s".repeat(99)}…`,
      role: `${"r".repeat(254)}…`,
    });
  });
});

describe("a user", () => {
  it.each(["admin", "admin,editor", "editor,admin"])("with the role %s is an admin", (role) => {
    expect(hasRole({ role }, ["admin"])).toBe(true);
  });

  it.each([undefined, "editor", "Admin", "administrator", "not-admin", "editor,administrator"])(
    "with the role %s is no admin",
    (role) => {
      expect(hasRole({ role }, ["admin"])).toBe(false);
    },
  );
});

it.each([
  ["support", true],
  ["editor,admin", true],
  ["editor", false],
  [undefined, false],
])("a user with the role %s has one of admin and support: %s", (role, expected) => {
  expect(hasRole({ role }, ["admin", "support"])).toBe(expected);
});

it("no user has one of no roles", () => {
  expect(hasRole({ role: "admin" }, [])).toBe(false);
});

describe("a member", () => {
  const as = (role: string) => ({ org: { id: "org-1", slug: "acme", role } });

  it.each(["admin", "owner", "billing,admin"])("with the role %s has one of owner and admin", (role) => {
    expect(hasOrgRole(as(role), ["owner", "admin"])).toBe(true);
  });

  it.each(["", "member", "Admin", "administrator,co-owner"])("with the role %s has neither", (role) => {
    expect(hasOrgRole(as(role), ["owner", "admin"])).toBe(false);
  });

  it("of no organisation has no role", () => {
    expect(hasOrgRole({}, ["admin"])).toBe(false);
    expect(hasOrgRole({ org: undefined }, [""])).toBe(false);
  });
});
