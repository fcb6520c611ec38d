import { withBasePath } from "../../../lib/base-path";
import { routes } from "../../../lib/routes";
import type { Check } from "../check";
import { NAVIGATION, SCRIPT } from "../probe";
import { assert, assertNoStore, assertStatus, EVIL, HOME, LOGIN, ME, readLocation } from "./assertions";
import type { Context } from "./context";

const NEXT = "lib/redirect-target.ts reads `next`; every redirect that uses it must go through there";
const PRIVATE = "edge/respond.ts must set `private, no-store` on the gate's own responses";

/**
 * Open redirects: values of `next` that a browser or a careless parser takes for another host or
 * for a script.
 */
const TRICKS = [
  "https://evil.example",
  "HTTPS:evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/.//evil.example",
  "/x/..//evil.example",
  "/%2e//evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "@evil.example",
  ".evil.example",
  "//evil.example/%2f..",
  "/\u0000/evil.example",
  `${HOME}\r\nLocation: https://evil.example`,
  "//[::1]:99999",
];

/** Where redirects lead, and which responses a cache may store. */
export const redirects: readonly Check<Context>[] = [
  {
    id: "redirects.next-stays",
    title: "`next` never leads to another site",
    source: "OWASP ASVS v5 3.7.2",
    fix: NEXT,
    async run(context) {
      for (const trick of TRICKS) {
        const path = `${LOGIN}?next=${encodeURIComponent(trick)}`;
        const to = readLocation(context, path, await context.ada.send({ path, headers: NAVIGATION }));
        assert(to.origin === context.origin, `${path} to stay on ${context.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.next-doubled",
    title: "a second `next`, or one that is encoded twice, never leads to another site",
    source: "CWE-601",
    fix: NEXT,
    async run(context) {
      for (const query of [
        `next=${encodeURIComponent(HOME)}&next=%2F%2Fevil.example`,
        `next=%2F%2Fevil.example&next=${encodeURIComponent(HOME)}`,
        "next=%252F%252Fevil.example",
        "next[]=%2F%2Fevil.example",
      ]) {
        const path = `${LOGIN}?${query}`;
        const to = readLocation(context, path, await context.ada.send({ path, headers: NAVIGATION }));
        assert(to.origin === context.origin, `${path} to stay on ${context.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.next-kept",
    title: "`next` leads to the requested page",
    source: "RFC 9110 §10.2.2",
    fix: NEXT,
    async run(context) {
      // No page is opened: only the redirect counts.
      const path = `${LOGIN}?next=%2Fno-such-page%3Fa%3D1`;
      const to = readLocation(context, path, await context.ada.send({ path, headers: NAVIGATION }));
      const wanted = withBasePath("/no-such-page?a=1", routes);
      assert(to.href === context.origin + wanted, wanted, to.href);
    },
  },
  {
    id: "redirects.path-stays",
    title: "a path that looks like a host never leads to another site",
    source: "CWE-601",
    fix: "edge/respond.ts must redirect only to paths of the app",
    async run(context) {
      for (const path of [
        "//evil.example/x",
        "/\\evil.example/x",
        "/%2f%2fevil.example",
        "/.//evil.example/",
      ]) {
        const response = await context.send({ path, headers: NAVIGATION });
        if (!response.headers.has("location")) continue;
        const to = readLocation(context, path, response);
        assert(to.origin === context.origin, `${path} to stay on ${context.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.forwarded-host",
    title: "a forwarded host does not become the target of a redirect",
    source: "OWASP ASVS v5 4.1.3",
    fix: "edge/respond.ts must resolve redirects against the app's own address",
    async run(context) {
      const forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Host": "evil.example",
        Forwarded: "host=evil.example",
      };
      const response = await context.send({ path: HOME, headers: { ...NAVIGATION, ...forged } });
      const to = readLocation(context, HOME, response);
      assert(to.origin === context.origin, `to stay on ${context.origin}`, to.href);
    },
  },
  {
    id: "redirects.no-store",
    title: "no cache stores a redirect that depends on the session",
    source: "RFC 9111 §5.2.2.5",
    fix: PRIVATE,
    async run({ send, ada }) {
      assertNoStore(await send({ path: HOME, headers: NAVIGATION }), "the redirect to the sign-in page");
      assertNoStore(await ada.send({ path: LOGIN, headers: NAVIGATION }), "the redirect away from it");
    },
  },
  {
    id: "redirects.refusals-no-store",
    title: "no cache stores a refusal",
    source: "RFC 9111 §5.2.2.5",
    fix: PRIVATE,
    async run({ send, ada }) {
      assertNoStore(await send({ path: ME, headers: SCRIPT }), "a 401");
      const foreign = { method: "POST", path: ME, headers: { Origin: EVIL } };
      const response = await ada.send(foreign);
      assertStatus(response, 403, "a POST from another site");
      assertNoStore(response, "a 403");
    },
  },
  {
    id: "redirects.cookies-no-store",
    title: "no cache stores a response that sets the session's cookies",
    source: "OWASP Session Management Cheat Sheet, Web Content Caching",
    fix: "lib/server/auth/response-headers.ts must set `private, no-store` on every response of Better Auth",
    async run(context) {
      assertNoStore(context.ada.signInResponse, "the sign-up");
      assertNoStore((await context.signInAda()).signInResponse, "the sign-in");
    },
  },
];
