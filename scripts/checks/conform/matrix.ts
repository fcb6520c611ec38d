import { type Check, demand, demandStatus, destination, ME, NAVIGATION, SCRIPT, tell, whoAmI } from "./check";
import type { World } from "./world";

const ROUTES = "lib/routes.ts says which path is what; edge/decide.ts what it gets";

/** What each request gets: the table in ARCHITECTURE.md, checked from outside. */
export const matrix: readonly Check[] = [
  {
    id: "matrix.public-page",
    title: "a public page is there for a stranger",
    source: "RFC 9110 §15.3.1",
    mend: ROUTES,
    async run({ ask }) {
      const answer = await ask({ path: "/", headers: NAVIGATION });
      demandStatus(answer, 200, "/");
      demand(isHtml(answer.headers), "HTML from /", answer.headers.get("content-type") ?? "no Content-Type");
    },
  },
  {
    id: "matrix.protected-page",
    title: "a protected page sends a stranger to sign in, with the way back",
    source: "RFC 9110 §15.4.8",
    mend: ROUTES,
    run: (world) => demandLogin(world, "/dashboard", "/dashboard"),
  },
  {
    id: "matrix.unlisted-page",
    title: "a page that stands in no list is protected",
    source: "OWASP Authorization Cheat Sheet, Deny by Default",
    mend: ROUTES,
    run: (world) => demandLogin(world, "/no-such-page?a=1", "/no-such-page?a=1"),
  },
  {
    id: "matrix.post-to-page",
    title: "a stranger's POST to a page becomes a GET of the sign-in page",
    source: "RFC 9110 §15.4.4",
    mend: "edge/decide.ts: 303 for methods that are not safe",
    async run({ ask }) {
      const headers = { ...NAVIGATION, "Content-Type": "application/x-www-form-urlencoded" };
      demandStatus(
        await ask({ method: "POST", path: "/dashboard", headers, body: "a=b" }),
        303,
        "POST /dashboard",
      );
    },
  },
  {
    id: "matrix.backend-401",
    title: "the backend's paths refuse a stranger's script with 401 and a challenge",
    source: "RFC 9110 §11.6.1",
    mend: ROUTES,
    async run({ ask }) {
      const answer = await ask({ path: ME, headers: SCRIPT });
      demandStatus(answer, 401, ME);
      demand(answer.headers.has("www-authenticate"), "WWW-Authenticate beside a 401", "none");
    },
  },
  {
    id: "matrix.backend-problem",
    title: "the refusal says in JSON why",
    source: "RFC 9457 §3",
    mend: "lib/problem.ts makes the refusals",
    async run({ ask }) {
      const { headers, body } = await ask({ path: ME, headers: SCRIPT });
      const type = headers.get("content-type") ?? "no Content-Type";
      demand(type.startsWith("application/problem+json"), "application/problem+json", type);
      demand(body.includes('"code":"gate_signed_out"'), "the code gate_signed_out", body.slice(0, 80));
    },
  },
  {
    id: "matrix.backend-navigation",
    title: "a stranger who opens a download link is sent to sign in",
    source: "RFC 9110 §15.4.8",
    mend: "edge/classify.ts tells navigations from scripts",
    run: (world) => demandLogin(world, "/backend/report.pdf", "/backend/report.pdf"),
  },
  {
    id: "matrix.api",
    title: "a route handler that stands in no list refuses a stranger with 401 in JSON",
    source: "OWASP Authorization Cheat Sheet, Deny by Default",
    mend: ROUTES,
    async run({ ask }) {
      const answer = await ask({ path: "/api/anything", headers: SCRIPT });
      demandStatus(answer, 401, "/api/anything");
      const type = answer.headers.get("content-type") ?? "no Content-Type";
      demand(type.includes("json"), "JSON", type);
    },
  },
  {
    id: "matrix.guest-page",
    title: "the sign-in page sends on who is signed in",
    source: "RFC 9110 §15.4.8",
    mend: ROUTES,
    async run({ ada }) {
      demandStatus(await ada.ask({ path: "/login", headers: NAVIGATION }), 307, "/login");
    },
  },
  {
    id: "matrix.member-page",
    title: "a protected page is there for who is signed in",
    source: "RFC 9110 §15.3.1",
    mend: "The session did not count: BETTER_AUTH_SECRET and BETTER_AUTH_URL are the first to look at",
    async run({ ada }) {
      demandStatus(await ada.ask({ path: "/dashboard", headers: NAVIGATION }), 200, "/dashboard");
    },
  },
  {
    id: "matrix.me",
    title: "the backend knows each caller as the account that signed up",
    source: "OWASP ASVS v5 8.3.3",
    mend: "JWT_SECRET_KEY, JWT_ISSUER and JWT_AUDIENCE must be the same on both sides",
    async run({ ada, bob }) {
      for (const member of [ada, bob]) {
        const answer = await whoAmI((ask) => member.ask(ask));
        demandStatus(answer, 200, ME);
        demand(answer.me?.email === member.email, member.email, answer.me?.email ?? "nobody");
        const { user } = JSON.parse(member.opening.body) as { user: { id: string } };
        demand(answer.me.id === user.id, `the id ${user.id}`, answer.me.id);
      }
    },
  },
  {
    id: "matrix.health",
    title: "the health check answers everybody",
    source: "RFC 9110 §15.3.1",
    mend: ROUTES,
    async run({ ask }) {
      demandStatus(await ask({ path: "/api/health" }), 200, "/api/health");
    },
  },
  {
    id: "matrix.flight",
    title: "Next's router never gets HTML where it asked for data",
    source: "RFC 9110 §12.5.1",
    mend: "edge/classify.ts and edge/respond.ts: a flight request is redirected, or gets flight data",
    async run({ ask, ada }) {
      const flight = { path: "/dashboard?_rsc=conform", headers: { ...SCRIPT, RSC: "1" } };
      for (const [who, answer] of [
        ["a stranger", await ask(flight)],
        ["a member", await ada.ask(flight)],
      ] as const) {
        demand(!isHtml(answer.headers), `no HTML for the router of ${who}`, `${tell(answer)} with HTML`);
      }
    },
  },
  {
    id: "matrix.tampered",
    title: "a session cookie that was tampered with is none",
    source: "OWASP ASVS v5 7.2.1",
    mend: "edge/signed-cookies.ts checks the signature",
    async run({ ask, ada }) {
      const { name, value } = ada.jar.session;
      const forged = [
        `x${value}`,
        value.replace(/.{6}$/, "AAAA%3D"),
        value.split(".")[0] ?? "",
        ada.jar.rawToken,
      ];
      for (const cookie of forged) {
        const answer = await ask({ path: ME, headers: { ...SCRIPT, Cookie: `${name}=${cookie}` } });
        demandStatus(answer, 401, `${ME} with a forged cookie`);
      }
    },
  },
];

function isHtml(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/html") ?? false;
}

async function demandLogin(world: World, path: string, next: string): Promise<void> {
  const answer = await world.ask({ path, headers: NAVIGATION });
  demandStatus(answer, 307, path);
  const to = destination(world, path, answer);
  const wanted = `/login?next=${encodeURIComponent(next)}`;
  demand(to.origin === world.origin && to.pathname + to.search === wanted, wanted, to.href);
}
