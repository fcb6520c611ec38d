import { type Check, cannotTell, demand, demandPrivate, demandStatus, ME, NAVIGATION, SCRIPT } from "./check";
import type { Answer } from "./probe";
import type { World } from "./world";

const POLICY =
  "edge/pages/content-security-policy.ts writes the policy; edge/respond.ts puts it on request and response";
const FIXED = "next.config.ts sets it on every answer";
const YEAR = 365 * 24 * 60 * 60;

/** The security headers of responses. */
export const headers: readonly Check[] = [
  {
    id: "headers.csp",
    title: "a page's policy lets only scripts with its nonce run",
    source: "OWASP ASVS v5 3.4.3",
    mend: POLICY,
    run: (world) =>
      onPages(world, (answer, path) => {
        const policy = readPolicy(answer);
        const scripts = policy.get("script-src") ?? policy.get("default-src") ?? "";
        demand(
          /'nonce-[^']{16,}'/.test(scripts),
          `a nonce in the script-src of ${path}`,
          scripts || "no policy",
        );
        demand(!/'unsafe-/.test(scripts), `no 'unsafe-…' in the script-src of ${path}`, scripts);
        for (const name of ["object-src", "base-uri"]) {
          demand(policy.get(name) === "'none'", `${name} 'none' on ${path}`, policy.get(name) ?? "none");
        }
      }),
  },
  {
    id: "headers.nonce-on-scripts",
    title: "every script of a page carries it",
    source: "CSP Level 3 §7.1",
    mend: POLICY,
    run: (world) =>
      onPages(world, (answer, path) => {
        const nonce = nonceOf(answer);
        const tags = answer.body.match(/<script\b[^>]*>/g) ?? [];
        demand(tags.length > 0, `scripts on ${path}`, "none");
        const bare = tags.find((tag) => !nonce || !tag.includes(`nonce="${nonce}"`));
        demand(!bare, `the response's nonce on every script of ${path}`, bare ?? "");
      }),
  },
  {
    id: "headers.nonce-fresh",
    title: "no two responses share a nonce",
    source: "CSP Level 3 §7.1",
    mend: POLICY,
    async run({ ask }) {
      const nonces = [];
      for (let i = 0; i < 3; i++) nonces.push(nonceOf(await ask({ path: "/", headers: NAVIGATION })));
      demand(
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
    mend: POLICY,
    run: (world) =>
      onPages(world, (answer, path) => {
        const ancestors = readPolicy(answer).get("frame-ancestors") ?? "";
        demand(/^'(none|self)'$/.test(ancestors), `frame-ancestors 'none' on ${path}`, ancestors || "none");
      }),
  },
  fixed(
    "nosniff",
    "no answer's type is guessed",
    "OWASP ASVS v5 3.4.4",
    "x-content-type-options",
    /^nosniff$/i,
  ),
  fixed(
    "referrer",
    "other sites do not learn the paths that people come from",
    "OWASP ASVS v5 3.4.5",
    "referrer-policy",
    /^(no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin|origin-when-cross-origin|origin)$/i,
  ),
  fixed(
    "opener",
    "other sites get no hold of the window",
    "OWASP ASVS v5 3.4.8",
    "cross-origin-opener-policy",
    /^same-origin(-allow-popups)?$/i,
  ),
  {
    id: "headers.hsts",
    title: "browsers come back over https alone, for a year at least",
    source: "RFC 6797 §6.1.1",
    mend: FIXED,
    run: (world) =>
      onPages(world, ({ headers }, path) => {
        if (!world.secure) cannotTell("the deployment is on plain http");
        const value = headers.get("strict-transport-security") ?? "";
        const seconds = Number(value.match(/max-age="?(\d+)/i)?.[1] ?? 0);
        demand(
          seconds >= YEAR,
          `Strict-Transport-Security: max-age=${YEAR} or more on ${path}`,
          value || "none",
        );
      }),
  },
  {
    id: "headers.powered-by",
    title: "no answer names the framework",
    source: "OWASP HTTP Security Response Headers Cheat Sheet, X-Powered-By",
    mend: "next.config.ts: poweredByHeader: false",
    run: (world) =>
      onAll(world, ({ headers }, path) => {
        const value = headers.get("x-powered-by");
        demand(value === null, `no X-Powered-By from ${path}`, value ?? "");
      }),
  },
  {
    id: "headers.backend-no-store",
    title: "no cache keeps an answer of the backend's",
    source: "OWASP ASVS v5 14.3.2",
    mend: "The backend sends Cache-Control: private, no-store (backend/headers.py)",
    async run({ ada }) {
      const answer = await ada.ask({ path: ME, headers: SCRIPT });
      if (answer.status === 404) cannotTell("the backend has no GET /api/me");
      demandStatus(answer, 200, ME);
      demandPrivate(answer, ME);
    },
  },
];

/** A check of a header that every response carries. */
function fixed(name: string, title: string, source: string, header: string, wanted: RegExp): Check {
  return {
    id: `headers.${name}`,
    title,
    source,
    mend: FIXED,
    run: (world) =>
      onAll(world, ({ headers }, path) => {
        const value = headers.get(header) ?? "";
        demand(wanted.test(value), `a safe ${header} from ${path}`, value || "none");
      }),
  };
}

type Look = (answer: Answer, path: string) => void;

async function onPages({ ask, ada }: World, look: Look): Promise<void> {
  for (const path of ["/", "/login"]) look(await ask({ path, headers: NAVIGATION }), path);
  look(await ada.ask({ path: "/dashboard", headers: NAVIGATION }), "/dashboard");
}

async function onAll(world: World, look: Look): Promise<void> {
  await onPages(world, look);
  for (const path of [ME, "/api/auth/get-session"])
    look(await world.ada.ask({ path, headers: SCRIPT }), path);
}

function readPolicy({ headers }: Answer): Map<string, string> {
  const policy = headers.get("content-security-policy") ?? "";
  return new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name.toLowerCase(), values.join(" ")];
    }),
  );
}

function nonceOf(answer: Answer): string | undefined {
  return readPolicy(answer)
    .get("script-src")
    ?.match(/'nonce-([^']+)'/)?.[1];
}
