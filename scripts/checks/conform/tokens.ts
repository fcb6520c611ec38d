import { createHmac, randomBytes } from "node:crypto";
import {
  type Check,
  cannotTell,
  demand,
  demandIdentity,
  demandStatus,
  ME,
  NAVIGATION,
  SCRIPT,
  TASKS,
  tasksOf,
  tell,
  whoAmI,
  withTask,
} from "./check";
import type { Answer } from "./probe";
import type { Member, World } from "./world";

const SCRUB =
  "lib/server/auth/scrub-tokens.ts takes tokens out of Better Auth's answers; app/api/auth must go through it";
const BOUNDARY =
  "edge/session/reader.ts and edge/upstream/headers.ts: only the gate's own check says who is calling";

/** No script of a page can read a token, and a token that a client has made up is not accepted. */
export const tokens: readonly Check[] = [
  unreadable("sign-up", "sign-up", (world) => Promise.resolve([world.ada.opening, world.bob.opening])),
  unreadable("sign-in", "sign-in", async (world) => [(await world.signedIn()).opening]),
  unreadable("get-session", "get-session", ({ ada }) => each(ada, ["/api/auth/get-session"])),
  unreadable("list-sessions", "list-sessions", ({ ada }) => each(ada, ["/api/auth/list-sessions"])),
  unreadable("pages", "a page", ({ ada }) => each(ada, ["/", "/dashboard", "/tasks"], NAVIGATION)),
  unreadable("backend", "an answer of the backend", ({ ada }) => each(ada, [ME, TASKS])),
  {
    id: "tokens.set-auth-jwt",
    title: "no answer carries a JWT in a set-auth-… header",
    source: "OWASP ASVS v5 3.3.4",
    mend: "lib/server/auth/token-endpoint.ts: keep disableSettingJwtHeader",
    async run(world) {
      const answers = [
        (await world.signedIn()).opening,
        ...(await each(world.ada, ["/api/auth/get-session"])),
      ];
      for (const { headers } of answers) {
        const found = [...headers.keys()].find((name) => name.startsWith("set-auth-"));
        demand(!found, "no set-auth-… header", found ?? "");
      }
    },
  },
  {
    id: "tokens.endpoint",
    title: "the token endpoint is off, or refuses pages",
    source: "OWASP ASVS v5 14.2.6",
    mend: "lib/server/auth/handler.ts refuses whatever sends Sec-Fetch-Site; TOKEN_ENDPOINT=off takes it away",
    async run({ ada }) {
      const answer = await ada.ask({ path: "/api/auth/token", headers: SCRIPT });
      demand(answer.status === 403 || answer.status === 404, "403 or 404 from /api/auth/token", tell(answer));
    },
  },
  {
    id: "tokens.forged-authorization",
    title: "an Authorization header of the caller's changes nothing",
    source: "RFC 8725 §3.1",
    mend: BOUNDARY,
    async run({ ask, ada, bob }) {
      const claims = {
        sub: "x",
        email: bob.email,
        name: "x",
        sid: "x",
        jti: "x",
        iss: "phase2-web",
        aud: "phase2-api",
      };
      for (const forged of [unsigned(claims), signed(claims), ada.jar.rawToken]) {
        const headers = { Authorization: `Bearer ${forged}` };
        demandStatus(
          await ask({ path: ME, headers: { ...SCRIPT, ...headers } }),
          401,
          `${ME} with a forged token`,
        );
        const { me } = await whoAmI((wanted) => ada.ask(wanted), headers);
        demand(me?.email === ada.email, "the account of the cookie", me?.email ?? "nobody");
      }
    },
  },
  {
    id: "tokens.forged-cache",
    title: "a session_data cookie that was signed with another key counts for nothing",
    source: "OWASP ASVS v5 9.1.1",
    mend: "edge/session/cookie-cache.ts pins the algorithm and the key",
    async run({ ask, ada, bob }) {
      const cache = cacheOf(ada);
      const session = {
        id: "x",
        token: ada.jar.rawToken,
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
        const Cookie = `${ada.jar.session.name}=${ada.jar.session.value}; ${cache.name}=${forged}`;
        demandIdentity(await whoAmI(ask, { Cookie }), ada, "a forged session_data cookie");
      }
    },
  },
  {
    id: "tokens.swapped-cache",
    title: "one account's session_data beside another's session_token never gives the first one's identity",
    source: "RFC 8725 §3.10",
    mend: "edge/signed-cookies.ts: a cookie cache counts for its own session only",
    async run({ ask, ada, bob }) {
      const { name, value } = ada.jar.session;
      const Cookie = `${name}=${value}; ${cacheOf(bob).name}=${cacheOf(bob).value}`;
      demandIdentity(await whoAmI(ask, { Cookie }), ada, "somebody else's session_data");
    },
  },
  {
    id: "tokens.own-tasks",
    title: "two accounts see and change only what is their own",
    source: "OWASP ASVS v5 8.2.2",
    mend: "The backend takes the user from the token (CurrentUser) and nothing else",
    run: ({ ada, bob }) =>
      withTask(ada, async ({ id }) => {
        demand(
          (await tasksOf(ada)).some((task) => task.id === id),
          "Ada's task in her own list",
          "none",
        );
        demand(
          !(await tasksOf(bob)).some((task) => task.id === id),
          "none of Ada's tasks in Bob's list",
          "one",
        );
        const path = `${TASKS}/${id}`;
        demandStatus(await bob.ask({ path, headers: SCRIPT }), [403, 404], `Bob's GET of Ada's task`);
        demandStatus(
          await bob.post(path, { title: `${ada.mark} stolen` }, "PATCH"),
          [403, 404],
          `Bob's PATCH of Ada's task`,
        );
        demandStatus(await bob.post(path, {}, "DELETE"), [403, 404], `Bob's DELETE of Ada's task`);
      }),
  },
];

function unreadable(name: string, of: string, find: (world: World) => Promise<Answer[]>): Check {
  return {
    id: `tokens.${name}`,
    title: `${of} shows no JWT and no session token`,
    source: "OWASP ASVS v5 3.3.4",
    mend: SCRUB,
    async run(world) {
      const known = [world.ada, world.bob, await world.signedIn()].map(({ jar }) => jar.rawToken);
      for (const { headers, body } of await find(world)) {
        const readable = JSON.stringify([...headers]) + body;
        demand(!known.some((token) => token && readable.includes(token)), `no session token in ${of}`, "one");
        const jwt = readable.match(/eyJ[\w-]+\.[\w-]+\.[\w-]*/);
        demand(!jwt, `no JWT in ${of}`, `${jwt?.[0].slice(0, 20)}…`);
      }
    },
  };
}

async function each(
  member: Member,
  paths: string[],
  headers: Record<string, string> = SCRIPT,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const path of paths) answers.push(await member.ask({ path, headers }));
  return answers;
}

function cacheOf(member: Member) {
  return member.jar.cache ?? cannotTell("the deployment has no cookie cache (SESSION_MAX_STALE_SECONDS=0)");
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
