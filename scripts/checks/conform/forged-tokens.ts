import { createHmac, randomBytes } from "node:crypto";
import type { Check } from "../check";
import { SCRIPT } from "../probe";
import { TOKEN_DEFAULTS } from "../token-refusals";
import type { Account } from "./account";
import { assert, assertNotImpersonated, assertStatus, fetchMe, skip, TASKS } from "./assertions";
import { forEachBackend } from "./backends";
import type { Context } from "./context";
import { fetchTasks, withTask } from "./tasks";

const BOUNDARY =
  "edge/session/reader.ts and edge/upstream/headers.ts: only the gate's own check may decide who the caller is";

/** No credential that a client has made up or swapped gives it the identity of another account. */
export const forgedTokens: readonly Check<Context>[] = [
  ...forEachBackend({
    id: "tokens.forged-authorization",
    title: "a forged Authorization header has no effect",
    source: "RFC 8725 §3.1",
    fix: BOUNDARY,
    async run({ send, ada, bob }, userPath, { audience: aud = TOKEN_DEFAULTS.audience }) {
      const { email } = bob;
      const claims = { sub: "x", email, name: "x", sid: "x", jti: "x", iss: TOKEN_DEFAULTS.issuer, aud };
      for (const forged of [unsigned(claims), signed(claims), ada.cookies.rawSessionToken]) {
        const headers = { Authorization: `Bearer ${forged}` };
        const byPage = await send({ path: userPath, headers: { ...SCRIPT, ...headers } });
        assertStatus(byPage, 401, `${userPath} with a forged token`);
        // As a program, which may use the header with a credential that is valid.
        const byProgram = await send({ path: userPath, headers });
        assertStatus(byProgram, 401, `${userPath} by a program with a forged token`);
        const { me } = await fetchMe((request) => ada.send(request), userPath, headers);
        assert(me?.email === ada.email, "the account of the cookie", me?.email ?? "no account");
      }
    },
  }),
  ...forEachBackend({
    id: "tokens.forged-cache",
    title: "a session_data cookie that was signed with another key has no effect",
    source: "OWASP ASVS v5 9.1.1",
    fix: "edge/session/cookie-cache.ts pins the algorithm and the key",
    async run({ send, ada, bob }, userPath) {
      const cache = cacheOf(ada);
      const session = {
        id: "x",
        token: ada.cookies.rawSessionToken,
        userId: "x",
        expiresAt: "2099-01-01T00:00:00.000Z",
      };
      const claims = {
        session,
        user: { id: "x", email: bob.email, name: "x" },
        updatedAt: Date.now(),
        version: "1",
      };
      for (const forged of [signed(claims), unsigned(claims)]) {
        const Cookie = `${ada.cookies.sessionToken.name}=${ada.cookies.sessionToken.value}; ${cache.name}=${forged}`;
        const response = await fetchMe(send, userPath, { Cookie });
        assertNotImpersonated(response, ada, "a forged session_data cookie");
      }
    },
  }),
  ...forEachBackend({
    id: "tokens.swapped-cache",
    title:
      "the session_data of one account with the session_token of another never gives the first account's identity",
    source: "RFC 8725 §3.10",
    fix: "edge/session/cookie-cache.ts: a cookie cache is valid only for its own session",
    async run({ send, ada, bob }, userPath) {
      const { name, value } = ada.cookies.sessionToken;
      const Cookie = `${name}=${value}; ${cacheOf(bob).name}=${cacheOf(bob).value}`;
      const response = await fetchMe(send, userPath, { Cookie });
      assertNotImpersonated(response, ada, "the session_data of another account");
    },
  }),
  {
    id: "tokens.own-tasks",
    title: "each of two accounts sees and changes only its own data",
    source: "OWASP ASVS v5 8.2.2",
    fix: "The backend must take the user only from the token (CurrentUser)",
    run: ({ ada, bob }) =>
      withTask(ada, async ({ id }) => {
        assert(
          (await fetchTasks(ada)).some((task) => task.id === id),
          "Ada's task in her own list",
          "none",
        );
        assert(
          !(await fetchTasks(bob)).some((task) => task.id === id),
          "none of Ada's tasks in Bob's list",
          "one",
        );
        const path = `${TASKS}/${id}`;
        assertStatus(await bob.send({ path, headers: SCRIPT }), [403, 404], `Bob's GET of Ada's task`);
        assertStatus(
          await bob.post(path, { title: `${ada.mark} stolen` }, "PATCH"),
          [403, 404],
          `Bob's PATCH of Ada's task`,
        );
        assertStatus(await bob.post(path, {}, "DELETE"), [403, 404], `Bob's DELETE of Ada's task`);
      }),
  },
];

function cacheOf(account: Account) {
  return (
    account.cookies.cookieCache ?? skip("the deployment has no cookie cache (SESSION_MAX_STALE_SECONDS=0)")
  );
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const lifetime = () => ({ iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 60 });

function unsigned(claims: object): string {
  return `${encode({ alg: "none", typ: "JWT" })}.${encode({ ...claims, ...lifetime() })}.`;
}

/** A validly signed JWT, but with a key that the deployment does not have. */
function signed(claims: object): string {
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...claims, ...lifetime() })}`;
  return `${body}.${createHmac("sha256", randomBytes(32)).update(body).digest("base64url")}`;
}
