import { pagePath } from "../../lib/page-path";
import type { Check } from "../check";
import { type HttpResponse, NAVIGATION, SCRIPT } from "../probe";
import { assert, assertNoStore, assertStatus, HOME, LOGIN, ME, skip } from "./assertions";
import { forEachBackend } from "./backends";
import type { Context } from "./context";

const POLICY =
  "edge/pages/content-security-policy.ts creates the policy; edge/respond.ts sets it on request and response";
const FIXED = "next.config.ts sets it on every response";
const YEAR = 365 * 24 * 60 * 60;

/** The security headers of responses. */
export const headers: readonly Check<Context>[] = [
  {
    id: "headers.csp",
    title: "a page's policy allows only scripts with its nonce",
    source: "OWASP ASVS v5 3.4.3",
    fix: POLICY,
    run: (context) =>
      onPages(context, (response, path) => {
        const policy = readPolicy(response);
        const scripts = policy.get("script-src") ?? policy.get("default-src") ?? "";
        assert(
          /'nonce-[^']{16,}'/.test(scripts),
          `a nonce in the script-src of ${path}`,
          scripts || "no policy",
        );
        assert(!/'unsafe-/.test(scripts), `no 'unsafe-…' in the script-src of ${path}`, scripts);
        for (const name of ["object-src", "base-uri"]) {
          assert(policy.get(name) === "'none'", `${name} 'none' on ${path}`, policy.get(name) ?? "none");
        }
      }),
  },
  {
    id: "headers.nonce-on-scripts",
    title: "every script of a page has the nonce",
    source: "CSP Level 3 §7.1",
    fix: POLICY,
    run: (context) =>
      onPages(context, (response, path) => {
        const nonce = nonceOf(response);
        const tags = response.body.match(/<script\b[^>]*>/g) ?? [];
        assert(tags.length > 0, `scripts on ${path}`, "none");
        const bare = tags.find((tag) => !nonce || !tag.includes(`nonce="${nonce}"`));
        assert(!bare, `the response's nonce on every script of ${path}`, bare ?? "");
      }),
  },
  {
    id: "headers.nonce-fresh",
    title: "no two responses share a nonce",
    source: "CSP Level 3 §7.1",
    fix: POLICY,
    async run({ send }) {
      const nonces = [];
      for (let i = 0; i < 3; i++)
        nonces.push(nonceOf(await send({ path: pagePath("/"), headers: NAVIGATION })));
      assert(
        new Set(nonces).size === 3 && !nonces.includes(undefined),
        "three nonces",
        nonces.join(", ") || "none",
      );
    },
  },
  {
    id: "headers.framing",
    title: "no other site can frame a page",
    source: "OWASP ASVS v5 3.4.6",
    fix: POLICY,
    run: (context) =>
      onPages(context, (response, path) => {
        const ancestors = readPolicy(response).get("frame-ancestors") ?? "";
        assert(/^'(none|self)'$/.test(ancestors), `frame-ancestors 'none' on ${path}`, ancestors || "none");
      }),
  },
  fixed(
    "nosniff",
    "browsers do not guess the type of a response",
    "OWASP ASVS v5 3.4.4",
    "x-content-type-options",
    /^nosniff$/i,
  ),
  fixed(
    "referrer",
    "other sites do not learn the paths that users come from",
    "OWASP ASVS v5 3.4.5",
    "referrer-policy",
    /^(no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin|origin-when-cross-origin|origin)$/i,
  ),
  fixed(
    "opener",
    "other sites get no reference to the window",
    "OWASP ASVS v5 3.4.8",
    "cross-origin-opener-policy",
    /^same-origin(-allow-popups)?$/i,
  ),
  {
    id: "headers.hsts",
    title: "browsers use https only, for at least a year",
    source: "RFC 6797 §6.1.1",
    fix: FIXED,
    run: (context) =>
      onPages(context, ({ headers }, path) => {
        if (!context.secure) skip("the deployment is on plain http");
        const value = headers.get("strict-transport-security") ?? "";
        const seconds = Number(value.match(/max-age="?(\d+)/i)?.[1] ?? 0);
        assert(
          seconds >= YEAR,
          `Strict-Transport-Security: max-age=${YEAR} or more on ${path}`,
          value || "none",
        );
      }),
  },
  {
    id: "headers.powered-by",
    title: "no response names the framework",
    source: "OWASP HTTP Security Response Headers Cheat Sheet, X-Powered-By",
    fix: "next.config.ts: poweredByHeader: false",
    run: (context) =>
      onAll(context, ({ headers }, path) => {
        const value = headers.get("x-powered-by");
        assert(value === null, `no X-Powered-By from ${path}`, value ?? "");
      }),
  },
  ...forEachBackend({
    id: "headers.backend-no-store",
    title: "no cache stores a response of the backend",
    source: "OWASP ASVS v5 14.3.2",
    fix: "The backend must send Cache-Control: private, no-store (backend/headers.py)",
    async run({ ada }, userPath) {
      const response = await ada.send({ path: userPath, headers: SCRIPT });
      if (response.status === 404) skip(`the backend has no GET ${userPath}`);
      assertStatus(response, 200, userPath);
      assertNoStore(response, userPath);
    },
  }),
];

/** A check of a header that every response carries. */
function fixed(name: string, title: string, source: string, header: string, wanted: RegExp): Check<Context> {
  return {
    id: `headers.${name}`,
    title,
    source,
    fix: FIXED,
    run: (context) =>
      onAll(context, ({ headers }, path) => {
        const value = headers.get(header) ?? "";
        assert(wanted.test(value), `a safe ${header} from ${path}`, value || "none");
      }),
  };
}

type Inspect = (response: HttpResponse, path: string) => void;

async function onPages({ send, ada }: Context, inspect: Inspect): Promise<void> {
  for (const path of [pagePath("/"), LOGIN]) inspect(await send({ path, headers: NAVIGATION }), path);
  inspect(await ada.send({ path: HOME, headers: NAVIGATION }), HOME);
}

async function onAll(context: Context, inspect: Inspect): Promise<void> {
  await onPages(context, inspect);
  for (const path of [ME, "/api/auth/get-session"])
    inspect(await context.ada.send({ path, headers: SCRIPT }), path);
}

function readPolicy({ headers }: HttpResponse): Map<string, string> {
  const policy = headers.get("content-security-policy") ?? "";
  return new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name.toLowerCase(), values.join(" ")];
    }),
  );
}

function nonceOf(response: HttpResponse): string | undefined {
  return readPolicy(response)
    .get("script-src")
    ?.match(/'nonce-([^']+)'/)?.[1];
}
