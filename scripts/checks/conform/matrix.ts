import { withBasePath } from "../../../lib/base-path";
import { routes } from "../../../lib/routes";
import { pagePath } from "../../lib/page-path";
import { type Check, failed, passed } from "../check";
import { NAVIGATION, SCRIPT } from "../probe";
import { explainRefusal } from "../token-refusals";
import {
  assert,
  assertStatus,
  BACKEND,
  describeResponse,
  fetchMe,
  HOME,
  LOGIN,
  ME,
  readJson,
  readLocation,
} from "./assertions";
import { forEachBackend, OF_OTHER_BACKENDS } from "./backends";
import type { Context } from "./context";

const ROUTES = "lib/routes.ts lists the paths; edge/decide.ts decides what each of them gets";

const DOWNLOAD = `${BACKEND}/report.pdf`;

/** What each request gets: the table in ARCHITECTURE.md, checked from outside. */
export const matrix: readonly Check<Context>[] = [
  {
    id: "matrix.public-page",
    title: "a signed-out visitor can open a public page",
    source: "RFC 9110 §15.3.1",
    fix: ROUTES,
    async run({ send }) {
      const response = await send({ path: pagePath("/"), headers: NAVIGATION });
      assertStatus(response, 200, pagePath("/"));
      assert(
        isHtml(response.headers),
        "HTML from /",
        response.headers.get("content-type") ?? "no Content-Type",
      );
    },
  },
  {
    id: "matrix.protected-page",
    title: "a protected page redirects a signed-out visitor to the sign-in page, with the way back",
    source: "RFC 9110 §15.4.8",
    fix: ROUTES,
    run: (context) => assertLoginRedirect(context, HOME, HOME),
  },
  {
    id: "matrix.unlisted-page",
    title: "a page that is in no list is protected",
    source: "OWASP Authorization Cheat Sheet, Deny by Default",
    fix: ROUTES,
    run: (context) => assertLoginRedirect(context, "/no-such-page?a=1", "/no-such-page?a=1"),
  },
  {
    id: "matrix.post-to-page",
    title: "a signed-out POST to a page is redirected as a GET of the sign-in page",
    source: "RFC 9110 §15.4.4",
    fix: "edge/decide.ts: 303 for methods that are not safe",
    async run({ send }) {
      const headers = { ...NAVIGATION, "Content-Type": "application/x-www-form-urlencoded" };
      assertStatus(await send({ method: "POST", path: HOME, headers, body: "a=b" }), 303, `POST ${HOME}`);
    },
  },
  {
    id: "matrix.backend-401",
    title: "the paths of every backend refuse a signed-out script with 401 and a challenge",
    source: "RFC 9110 §11.6.1",
    fix: ROUTES,
    async run({ send }) {
      for (const path of [ME, ...OF_OTHER_BACKENDS]) {
        const response = await send({ path, headers: SCRIPT });
        assertStatus(response, 401, path);
        assert(response.headers.has("www-authenticate"), `WWW-Authenticate beside a 401 of ${path}`, "none");
      }
    },
  },
  {
    id: "matrix.backend-problem",
    title: "the refusal explains the reason in JSON",
    source: "RFC 9457 §3",
    fix: "lib/problem.ts creates the refusals",
    async run({ send }) {
      for (const path of [ME, ...OF_OTHER_BACKENDS]) {
        const { headers, body } = await send({ path, headers: SCRIPT });
        const type = headers.get("content-type") ?? "no Content-Type";
        assert(type.startsWith("application/problem+json"), `application/problem+json from ${path}`, type);
        assert(body.includes('"code":"gate_signed_out"'), "the code gate_signed_out", body.slice(0, 80));
      }
    },
  },
  {
    id: "matrix.backend-navigation",
    title: "a signed-out visitor who opens a download link is redirected to the sign-in page",
    source: "RFC 9110 §15.4.8",
    fix: "edge/classify.ts distinguishes navigations from scripts",
    run: (context) => assertLoginRedirect(context, DOWNLOAD, DOWNLOAD),
  },
  {
    id: "matrix.api",
    title: "a route handler that is in no list refuses a signed-out request with 401 in JSON",
    source: "OWASP Authorization Cheat Sheet, Deny by Default",
    fix: ROUTES,
    async run({ send }) {
      const response = await send({ path: "/api/anything", headers: SCRIPT });
      assertStatus(response, 401, "/api/anything");
      const type = response.headers.get("content-type") ?? "no Content-Type";
      assert(type.includes("json"), "JSON", type);
    },
  },
  {
    id: "matrix.guest-page",
    title: "the sign-in page redirects a signed-in user to the app",
    source: "RFC 9110 §15.4.8",
    fix: ROUTES,
    async run({ ada }) {
      assertStatus(await ada.send({ path: LOGIN, headers: NAVIGATION }), 307, LOGIN);
    },
  },
  {
    id: "matrix.member-page",
    title: "a signed-in user can open a protected page",
    source: "RFC 9110 §15.3.1",
    fix: "The session is not accepted: check BETTER_AUTH_SECRET and BETTER_AUTH_URL first",
    async run({ ada }) {
      assertStatus(await ada.send({ path: HOME, headers: NAVIGATION }), 200, HOME);
    },
  },
  ...forEachBackend({
    id: "matrix.me",
    title: "the backend sees each caller as the account that signed up",
    source: "OWASP ASVS v5 8.3.3",
    fix: "JWT_SECRET_KEY, JWT_ISSUER and JWT_AUDIENCE must be the same on both sides",
    async run({ ada, bob }, userPath, backend) {
      for (const account of [ada, bob]) {
        const response = await fetchMe((request) => account.send(request), userPath);
        const refusal = explainRefusal(readJson<{ code: string }>(response)?.code ?? "", backend);
        if (refusal) return failed(refusal.reason, refusal.fix);
        assertStatus(response, 200, userPath);
        const { id, email } = response.me ?? {};
        assert(email === account.email, account.email, email ?? "no account");
        const { user } = JSON.parse(account.signInResponse.body) as { user: { id: string } };
        assert(id === undefined || id === user.id, `the id ${user.id}`, String(id));
      }
      return passed();
    },
  }),
  {
    id: "matrix.health",
    title: "the health check is open to everyone",
    source: "RFC 9110 §15.3.1",
    fix: ROUTES,
    async run({ send }) {
      assertStatus(await send({ path: "/api/health" }), 200, "/api/health");
    },
  },
  {
    id: "matrix.flight",
    title: "Next's router never receives HTML in response to a request for data",
    source: "RFC 9110 §12.5.1",
    fix: "edge/classify.ts and edge/respond.ts: a flight request is redirected, or gets flight data",
    async run({ send, ada }) {
      const flight = { path: `${HOME}?_rsc=conform`, headers: { ...SCRIPT, RSC: "1" } };
      for (const [who, response] of [
        ["a signed-out visitor", await send(flight)],
        ["a signed-in user", await ada.send(flight)],
      ] as const) {
        assert(
          !isHtml(response.headers),
          `no HTML for the router of ${who}`,
          `${describeResponse(response)} with HTML`,
        );
      }
    },
  },
  {
    id: "matrix.tampered",
    title: "a session cookie that was tampered with is not accepted",
    source: "OWASP ASVS v5 7.2.1",
    fix: "lib/auth/signed-cookies.ts must check the signature",
    async run({ send, ada }) {
      const { name, value } = ada.cookies.sessionToken;
      const forged = [
        `x${value}`,
        value.replace(/.{6}$/, "AAAA%3D"),
        value.split(".")[0] ?? "",
        ada.cookies.rawSessionToken,
      ];
      for (const path of [ME, ...OF_OTHER_BACKENDS]) {
        for (const cookie of forged) {
          const response = await send({ path, headers: { ...SCRIPT, Cookie: `${name}=${cookie}` } });
          assertStatus(response, 401, `${path} with a forged cookie`);
        }
      }
    },
  },
];

function isHtml(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/html") ?? false;
}

async function assertLoginRedirect(context: Context, path: string, next: string): Promise<void> {
  const response = await context.send({ path, headers: NAVIGATION });
  assertStatus(response, 307, path);
  const to = readLocation(context, path, response);
  // The sign-in page has the language of the page. An address of the backend has none.
  const login = next === HOME ? LOGIN : routes.login;
  const wanted = withBasePath(`${login}?next=${encodeURIComponent(next)}`, routes);
  assert(to.origin === context.origin && to.pathname + to.search === wanted, wanted, to.href);
}
