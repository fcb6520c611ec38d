import type { Check } from "../check";
import { SCRIPT } from "../probe";
import { isSessionCookie, isSessionTokenCookie, readSetCookie } from "../set-cookie";
import { assert, assertStatus, describeResponse, ME, skip } from "./assertions";
import type { Context } from "./context";

const SETTINGS = "lib/server/auth/create-auth.ts: leave Better Auth's cookie attributes as they are";

/** The attributes of the session's cookies, and what a sign-out does to them. */
export const cookies: readonly Check<Context>[] = [
  {
    id: "cookies.http-only",
    title: "no script can read the session's cookies",
    source: "OWASP ASVS v5 3.3.4",
    fix: SETTINGS,
    async run(context) {
      for (const { name, attributes } of await readSessionCookies(context)) {
        assert(attributes.has("httponly"), `HttpOnly on ${name}`, "none");
      }
    },
  },
  {
    id: "cookies.same-site",
    title: "a request from another site does not carry them",
    source: "OWASP ASVS v5 3.3.2",
    fix: SETTINGS,
    async run(context) {
      for (const { name, attributes } of await readSessionCookies(context)) {
        const value = attributes.get("samesite") ?? "none";
        assert(/^(lax|strict)$/i.test(value), `SameSite=Lax or Strict on ${name}`, value);
      }
    },
  },
  {
    id: "cookies.scope",
    title: "they belong to this host only, and to all of its paths",
    source: "RFC 6265 §4.1.2.3",
    fix: SETTINGS,
    async run(context) {
      for (const { name, attributes } of await readSessionCookies(context)) {
        assert(!attributes.has("domain"), `no Domain on ${name}`, `Domain=${attributes.get("domain")}`);
        assert(attributes.get("path") === "/", `Path=/ on ${name}`, attributes.get("path") ?? "none");
      }
    },
  },
  {
    id: "cookies.secure",
    title: "they travel over https only, and their names have the prefix for that",
    source: "OWASP ASVS v5 3.3.1",
    fix: "Set BETTER_AUTH_URL to the https address",
    async run(context) {
      if (!context.secure) skip("the deployment is on plain http");
      for (const { name, attributes } of await readSessionCookies(context)) {
        assert(attributes.has("secure"), `Secure on ${name}`, "none");
        assert(/^__(Secure|Host)-/.test(name), "a name that begins with __Secure- or __Host-", name);
      }
    },
  },
  {
    id: "cookies.sign-out-clears",
    title: "a sign-out clears them",
    source: "RFC 6265 §5.2.2",
    fix: "POST /api/auth/sign-out must reach Better Auth, and its Set-Cookie the browser",
    async run(context) {
      const other = await context.ada.signInAgain();
      const { setCookies } = await other.post("/api/auth/sign-out", {});
      const cleared = setCookies
        .map(readSetCookie)
        .filter(({ attributes }) => attributes.get("max-age") === "0");
      const isCleared = cleared.some(({ name }) => isSessionTokenCookie(name));
      assert(
        isCleared,
        "a session cookie with Max-Age=0",
        setCookies.length === 0 ? "no cookie" : "other cookies",
      );
    },
  },
  {
    id: "cookies.sign-out-ends",
    title: "after a sign-out a copy of them is refused within the configured time",
    source: "OWASP ASVS v5 7.4.1",
    fix: "SESSION_MAX_STALE_SECONDS is the limit; pass its value to this command as --max-stale",
    async run(context) {
      const other = await context.ada.signInAgain();
      const Cookie = other.cookies.header;
      const before = await context.send({ path: ME, headers: { ...SCRIPT, Cookie } });
      assert(before.status !== 401, "a session that works before the sign-out", describeResponse(before));
      assertStatus(await other.post("/api/auth/sign-out", {}), 200, "POST /api/auth/sign-out");
      const seconds = await secondsUntilRefused(context, Cookie);
      assert(
        seconds !== undefined,
        `401 for a copy within ${context.maxStale} s`,
        "a session that still works",
      );
    },
  },
];

/** The session's cookies as the server set them at sign-in. */
async function readSessionCookies(context: Context) {
  const { signInResponse } = await context.signInAda();
  const found = signInResponse.setCookies.map(readSetCookie).filter(({ name }) => isSessionCookie(name));
  assert(
    found.some(({ name }) => isSessionTokenCookie(name)),
    "a session cookie from sign-in",
    describeResponse(signInResponse),
  );
  return found;
}

/**
 * Sends the cookies again and again until they are refused, and returns the seconds that took.
 * Other instances may trust their memory for `maxStale` seconds. Undefined when the cookies still
 * work after that.
 */
async function secondsUntilRefused(context: Context, Cookie: string): Promise<number | undefined> {
  const started = performance.now();
  while (true) {
    const seconds = (performance.now() - started) / 1000;
    const response = await context.send({ path: ME, headers: { ...SCRIPT, Cookie } });
    if (response.status === 401) return seconds;
    if (seconds > context.maxStale) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
