import { pagePath } from "../../lib/page-path";
import type { Check } from "../check";
import { type HttpResponse, NAVIGATION, SCRIPT } from "../probe";
import type { Account } from "./account";
import { assert, describeResponse, HOME, LOGIN, ME, TASKS } from "./assertions";
import { furtherUserPaths } from "./backends";
import type { Context } from "./context";

const SCRUB =
  "lib/server/auth/scrub-tokens.ts removes tokens from Better Auth's responses; app/api/auth must use it";

/** No script of a page can read a token. */
export const readableTokens: readonly Check<Context>[] = [
  unreadable("sign-up", "sign-up", (context) =>
    Promise.resolve([context.ada.signInResponse, context.bob.signInResponse]),
  ),
  unreadable("sign-in", "sign-in", async (context) => [(await context.signInAda()).signInResponse]),
  unreadable("get-session", "get-session", ({ ada }) => each(ada, ["/api/auth/get-session"])),
  unreadable("list-sessions", "list-sessions", ({ ada }) => each(ada, ["/api/auth/list-sessions"])),
  unreadable("pages", "a page", ({ ada }) => each(ada, [pagePath("/"), HOME, LOGIN], NAVIGATION)),
  unreadable("backend", "a response of a backend", (context) =>
    each(context.ada, [ME, TASKS, ...furtherUserPaths(context)]),
  ),
  {
    id: "tokens.set-auth-jwt",
    title: "no response has a JWT in a set-auth-… header",
    source: "OWASP ASVS v5 3.3.4",
    fix: "Use none of Better Auth's plugins that set these headers, such as bearer and jwt without disableSettingJwtHeader",
    async run(context) {
      const responses = [
        (await context.signInAda()).signInResponse,
        ...(await each(context.ada, ["/api/auth/get-session"])),
      ];
      for (const { headers } of responses) {
        const found = [...headers.keys()].find((name) => name.startsWith("set-auth-"));
        assert(!found, "no set-auth-… header", found ?? "");
      }
    },
  },
  {
    id: "tokens.endpoint",
    title: "the token endpoint is off, or refuses requests from pages",
    source: "OWASP ASVS v5 14.2.6",
    fix: "lib/server/auth/handler.ts must refuse requests with Sec-Fetch-Site; TOKEN_ENDPOINT=off removes the endpoint",
    async run({ ada }) {
      const response = await ada.send({ path: "/api/auth/token", headers: SCRIPT });
      assert(
        response.status === 403 || response.status === 404,
        "403 or 404 from /api/auth/token",
        describeResponse(response),
      );
    },
  },
];

function unreadable(
  name: string,
  what: string,
  find: (context: Context) => Promise<HttpResponse[]>,
): Check<Context> {
  return {
    id: `tokens.${name}`,
    title: `${what} contains no JWT and no session token`,
    source: "OWASP ASVS v5 3.3.4",
    fix: SCRUB,
    async run(context) {
      const known = [context.ada, context.bob, await context.signInAda()].map(
        ({ cookies }) => cookies.rawSessionToken,
      );
      for (const { headers, body } of await find(context)) {
        const readable = JSON.stringify([...headers]) + body;
        assert(
          !known.some((token) => token && readable.includes(token)),
          `no session token in ${what}`,
          "one",
        );
        const jwt = readable.match(/eyJ[\w-]+\.[\w-]+\.[\w-]*/);
        assert(!jwt, `no JWT in ${what}`, `${jwt?.[0].slice(0, 20)}…`);
      }
    },
  };
}

async function each(
  account: Account,
  paths: string[],
  headers: Record<string, string> = SCRIPT,
): Promise<HttpResponse[]> {
  const responses: HttpResponse[] = [];
  for (const path of paths) responses.push(await account.send({ path, headers }));
  return responses;
}
