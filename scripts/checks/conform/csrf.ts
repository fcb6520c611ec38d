import type { Check } from "../check";
import { type HttpRequest, type HttpResponse, NAVIGATION, SCRIPT } from "../probe";
import type { Account } from "./account";
import { assert, assertStatus, BACKEND, describeResponse, EVIL, HOME, ME, TASKS } from "./assertions";
import { furtherUserPaths, OF_OTHER_BACKENDS } from "./backends";
import type { Context } from "./context";
import { fetchTasks, withTask } from "./tasks";

const CROSS_SITE = "lib/cross-site.ts refuses requests from pages of other sites";
const CORS = "Set no Access-Control-Allow-… header, also not in the backend: pages of the app need none";
const UNSAFE = ["POST", "PUT", "PATCH", "DELETE"];

/** Requests that a page of another site can make a browser send. */
export const csrf: readonly Check<Context>[] = [
  refused(
    "cross-site",
    "a page of another site cannot change anything: Sec-Fetch-Site: cross-site",
    "W3C Fetch Metadata §2.3",
    {
      "Sec-Fetch-Site": "cross-site",
      Origin: EVIL,
    },
  ),
  refused(
    "same-site",
    "a page of a sibling domain cannot change anything: Sec-Fetch-Site: same-site",
    "Fetch Metadata",
    {
      "Sec-Fetch-Site": "same-site",
    },
  ),
  refused("foreign-origin", "a page of another origin cannot change anything: Origin alone", "RFC 6454 §7", {
    Origin: EVIL,
  }),
  refused("null-origin", "a sandboxed frame cannot change anything: Origin: null", "RFC 6454 §7", {
    Origin: "null",
  }),
  {
    id: "csrf.sign-in",
    title: "another site cannot sign in a visitor",
    source: "OWASP ASVS v5 3.5.1",
    fix: "lib/server/auth/create-auth.ts: trustedOrigins must contain only the app's own origins",
    async run({ send, ada: { email, password } }) {
      const headers = { "Content-Type": "application/json", Origin: EVIL };
      const body = JSON.stringify({ email, password });
      assertStatus(
        await send({ method: "POST", path: "/api/auth/sign-in/email", headers, body }),
        403,
        "a sign-in",
      );
    },
  },
  {
    id: "csrf.websocket-foreign",
    title: "a page of another site cannot open a WebSocket, and gets a response",
    source: "RFC 6455 §10.2",
    fix: CROSS_SITE,
    async run({ ada }) {
      assertNoWebSocket(await ada.send(handshake(EVIL)));
      assertNoWebSocket(await ada.send(handshake("null")));
    },
  },
  {
    id: "csrf.websocket-stranger",
    title: "a signed-out visitor cannot open a WebSocket, and gets a response",
    source: "RFC 6455 §10.5",
    fix: "edge/respond.ts must respond to a handshake that it refuses",
    async run({ send, origin }) {
      assertNoWebSocket(await send(handshake(origin)));
    },
  },
  {
    id: "csrf.cors",
    title: "a script of another origin cannot read any response",
    source: "OWASP ASVS v5 3.4.2",
    fix: CORS,
    async run(context) {
      for (const path of [ME, ...furtherUserPaths(context), "/api/auth/get-session", HOME]) {
        const headers = path === HOME ? NAVIGATION : SCRIPT;
        assertNoCors(await context.ada.send({ path, headers: { ...headers, Origin: EVIL } }), path);
      }
    },
  },
  {
    id: "csrf.preflight",
    title: "a preflight request of another origin is not allowed",
    source: "OWASP ASVS v5 3.5.2",
    fix: CORS,
    async run({ send, ada }) {
      const headers = {
        Origin: EVIL,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "content-type",
      };
      for (const path of [TASKS, "/api/auth/sign-in/email"]) {
        assertNoCors(await send({ method: "OPTIONS", path, headers }), `OPTIONS ${path}`);
        assertNoCors(await ada.send({ method: "OPTIONS", path, headers }), `OPTIONS ${path}`);
      }
    },
  },
  {
    id: "csrf.same-origin",
    title: "a page of the app itself can change data",
    source: "W3C Fetch Metadata §2.3",
    fix: "BETTER_AUTH_URL must be the address that users open",
    run: ({ ada }) =>
      withTask(ada, async ({ id }) => {
        assert(
          (await fetchTasks(ada)).some((task) => task.id === id),
          "the new task in the list",
          "none",
        );
      }),
  },
];

function refused(
  name: string,
  title: string,
  section: string,
  headers: Record<string, string>,
): Check<Context> {
  return {
    id: `csrf.${name}`,
    title,
    source: `OWASP ASVS v5 3.5.1, ${section}`,
    fix: CROSS_SITE,
    async run({ ada }) {
      const before = await fetchTaskList(ada);
      for (const method of UNSAFE) {
        // No task has this id: a request that gets through must not change real data.
        const ofFirst = method === "POST" ? TASKS : `${TASKS}/${ada.mark}`;
        for (const path of [ofFirst, ...OF_OTHER_BACKENDS]) {
          const response = await ada.send({
            ...{ method, path },
            headers: { "Content-Type": "application/json", ...headers },
            body: JSON.stringify({ title: `${ada.mark} ${name}` }),
          });
          assertStatus(response, 403, `a ${method} from another site to ${path}`);
        }
      }
      assert((await fetchTaskList(ada)) === before, "no change", "another list of tasks");
    },
  };
}

/** The list of tasks, where the backend has one. A refused request must not have changed it. */
async function fetchTaskList(account: Account): Promise<string> {
  return (await account.send({ path: TASKS, headers: SCRIPT })).body;
}

/** RFC 6455 §4.1 */
function handshake(origin: string): HttpRequest {
  return {
    path: `${BACKEND}/ws`,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Origin: origin,
    },
    timeout: 5_000,
  };
}

/** `next start` closes the connection without a response; other hosts send the refusal. */
function assertNoWebSocket(response: HttpResponse): void {
  const isRefused = response.status === 401 || response.status === 403 || response.silence === "closed";
  assert(isRefused, "401, 403 or a closed connection", describeResponse(response));
}

function assertNoCors({ headers }: HttpResponse, request: string): void {
  const found = [...headers.keys()].find((name) => name.startsWith("access-control-allow-"));
  assert(!found, `no Access-Control-Allow-… from ${request}`, found ? `${found}: ${headers.get(found)}` : "");
}
