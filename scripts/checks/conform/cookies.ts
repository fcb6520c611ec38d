import { type Check, cannotTell, demand, demandStatus, ME, SCRIPT, tell } from "./check";
import { isSessionCookie, isSessionToken, readSetCookie } from "./jar";
import type { World } from "./world";

const SETTINGS = "lib/auth/options.ts: leave Better Auth's cookie attributes as they are";

/** The attributes of the session's cookies, and what a sign-out does to them. */
export const cookies: readonly Check[] = [
  {
    id: "cookies.http-only",
    title: "no script can read the session's cookies",
    source: "OWASP ASVS v5 3.3.4",
    mend: SETTINGS,
    async run(world) {
      for (const { name, attributes } of await handedOut(world)) {
        demand(attributes.has("httponly"), `HttpOnly on ${name}`, "none");
      }
    },
  },
  {
    id: "cookies.same-site",
    title: "other sites cannot send them along",
    source: "OWASP ASVS v5 3.3.2",
    mend: SETTINGS,
    async run(world) {
      for (const { name, attributes } of await handedOut(world)) {
        const value = attributes.get("samesite") ?? "none";
        demand(/^(lax|strict)$/i.test(value), `SameSite=Lax or Strict on ${name}`, value);
      }
    },
  },
  {
    id: "cookies.scope",
    title: "they are this host's alone, and the whole host's",
    source: "RFC 6265 §4.1.2.3",
    mend: SETTINGS,
    async run(world) {
      for (const { name, attributes } of await handedOut(world)) {
        demand(!attributes.has("domain"), `no Domain on ${name}`, `Domain=${attributes.get("domain")}`);
        demand(attributes.get("path") === "/", `Path=/ on ${name}`, attributes.get("path") ?? "none");
      }
    },
  },
  {
    id: "cookies.secure",
    title: "they travel over https alone, and their names say so",
    source: "OWASP ASVS v5 3.3.1",
    mend: "Set BETTER_AUTH_URL to the https address",
    async run(world) {
      if (!world.secure) cannotTell("the deployment is on plain http");
      for (const { name, attributes } of await handedOut(world)) {
        demand(attributes.has("secure"), `Secure on ${name}`, "none");
        demand(/^__(Secure|Host)-/.test(name), "a name that begins with __Secure- or __Host-", name);
      }
    },
  },
  {
    id: "cookies.sign-out-clears",
    title: "a sign-out takes them back",
    source: "RFC 6265 §5.2.2",
    mend: "POST /api/auth/sign-out must reach Better Auth, and its Set-Cookie the browser",
    async run(world) {
      const leaving = await world.ada.signInAgain();
      const { setCookies } = await leaving.post("/api/auth/sign-out", {});
      const cleared = setCookies
        .map(readSetCookie)
        .filter(({ attributes }) => attributes.get("max-age") === "0");
      const isCleared = cleared.some(({ name }) => isSessionToken(name));
      demand(
        isCleared,
        "a session cookie with Max-Age=0",
        setCookies.length === 0 ? "no cookie" : "another one",
      );
    },
  },
  {
    id: "cookies.sign-out-ends",
    title: "after a sign-out a copy of them is refused, within the promised time",
    source: "OWASP ASVS v5 7.4.1",
    mend: "SESSION_MAX_STALE_SECONDS is the bound; give yours to this command as --max-stale",
    async run(world) {
      const leaving = await world.ada.signInAgain();
      const Cookie = leaving.jar.header;
      const before = await world.ask({ path: ME, headers: { ...SCRIPT, Cookie } });
      demand(before.status !== 401, "a session that works before the sign-out", tell(before));
      demandStatus(await leaving.post("/api/auth/sign-out", {}), 200, "POST /api/auth/sign-out");
      const seconds = await secondsUntilRefused(world, Cookie);
      demand(
        seconds !== undefined,
        `401 for a copy within ${world.maxStale} s`,
        "a session that goes on working",
      );
    },
  },
];

/** The session's cookies as the server set them at sign-in. */
async function handedOut(world: World) {
  const { opening } = await world.signedIn();
  const found = opening.setCookies.map(readSetCookie).filter(({ name }) => isSessionCookie(name));
  demand(
    found.some(({ name }) => isSessionToken(name)),
    "a session cookie from sign-in",
    tell(opening),
  );
  return found;
}

/**
 * Sends the cookies again and again until they are refused, and returns the seconds that took.
 * Other instances may trust their memory for `maxStale` seconds. Undefined when the cookies still
 * work after that.
 */
async function secondsUntilRefused(world: World, Cookie: string): Promise<number | undefined> {
  const started = performance.now();
  while (true) {
    const seconds = (performance.now() - started) / 1000;
    const answer = await world.ask({ path: ME, headers: { ...SCRIPT, Cookie } });
    if (answer.status === 401) return seconds;
    if (seconds > world.maxStale) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
