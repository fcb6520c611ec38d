import {
  type Check,
  demand,
  demandStatus,
  EVIL,
  ME,
  NAVIGATION,
  SCRIPT,
  TASKS,
  tasksOf,
  tell,
  withTask,
} from "./check";
import type { Answer, Ask } from "./probe";
import type { Member } from "./world";

const CROSS_SITE = "lib/cross-site.ts refuses what a page of another site has sent";
const CORS = "Set no Access-Control-Allow-… header, in the backend either: pages of the app need none";
const UNSAFE = ["POST", "PUT", "PATCH", "DELETE"];

/** Requests that a page of another site can make a browser send. */
export const csrf: readonly Check[] = [
  refused(
    "cross-site",
    "another site's page changes nothing: Sec-Fetch-Site: cross-site",
    "W3C Fetch Metadata §2.3",
    {
      "Sec-Fetch-Site": "cross-site",
      Origin: EVIL,
    },
  ),
  refused(
    "same-site",
    "a sister domain's page changes nothing: Sec-Fetch-Site: same-site",
    "Fetch Metadata",
    {
      "Sec-Fetch-Site": "same-site",
    },
  ),
  refused("foreign-origin", "another origin's page changes nothing: Origin alone", "RFC 6454 §7", {
    Origin: EVIL,
  }),
  refused("null-origin", "a sandboxed frame changes nothing: Origin: null", "RFC 6454 §7", {
    Origin: "null",
  }),
  {
    id: "csrf.sign-in",
    title: "another site cannot sign a visitor in",
    source: "OWASP ASVS v5 3.5.1",
    mend: "lib/auth/options.ts: trustedOrigins holds the app's own origins and no others",
    async run({ ask, ada: { email, password } }) {
      const headers = { "Content-Type": "application/json", Origin: EVIL };
      const body = JSON.stringify({ email, password });
      demandStatus(
        await ask({ method: "POST", path: "/api/auth/sign-in/email", headers, body }),
        403,
        "a sign-in",
      );
    },
  },
  {
    id: "csrf.websocket-foreign",
    title: "another site's page opens no WebSocket, and is not left waiting",
    source: "RFC 6455 §10.2",
    mend: CROSS_SITE,
    async run({ ada }) {
      demandNoSocket(await ada.ask(handshake(EVIL)));
      demandNoSocket(await ada.ask(handshake("null")));
    },
  },
  {
    id: "csrf.websocket-stranger",
    title: "a stranger opens no WebSocket, and is not left waiting",
    source: "RFC 6455 §10.5",
    mend: "edge/respond.ts answers a handshake that it refuses",
    async run({ ask, origin }) {
      demandNoSocket(await ask(handshake(origin)));
    },
  },
  {
    id: "csrf.cors",
    title: "another origin's script may read nothing",
    source: "OWASP ASVS v5 3.4.2",
    mend: CORS,
    async run({ ada }) {
      for (const path of [ME, "/api/auth/get-session", "/dashboard"]) {
        const headers = path === "/dashboard" ? NAVIGATION : SCRIPT;
        demandNoCors(await ada.ask({ path, headers: { ...headers, Origin: EVIL } }), path);
      }
    },
  },
  {
    id: "csrf.preflight",
    title: "a preflight allows another origin nothing",
    source: "OWASP ASVS v5 3.5.2",
    mend: CORS,
    async run({ ask, ada }) {
      const headers = {
        Origin: EVIL,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "content-type",
      };
      for (const path of [TASKS, "/api/auth/sign-in/email"]) {
        demandNoCors(await ask({ method: "OPTIONS", path, headers }), `OPTIONS ${path}`);
        demandNoCors(await ada.ask({ method: "OPTIONS", path, headers }), `OPTIONS ${path}`);
      }
    },
  },
  {
    id: "csrf.same-origin",
    title: "a page of the app itself can change things",
    source: "W3C Fetch Metadata §2.3",
    mend: "BETTER_AUTH_URL must be the address that people open",
    run: ({ ada }) =>
      withTask(ada, async ({ id }) => {
        demand(
          (await tasksOf(ada)).some((task) => task.id === id),
          "the new task in the list",
          "none",
        );
      }),
  },
];

function refused(name: string, title: string, section: string, headers: Record<string, string>): Check {
  return {
    id: `csrf.${name}`,
    title,
    source: `OWASP ASVS v5 3.5.1, ${section}`,
    mend: CROSS_SITE,
    async run({ ada }) {
      const before = await fingerprint(ada);
      for (const method of UNSAFE) {
        const answer = await ada.ask({
          method,
          // No task has this id: a request that gets through must not change real data.
          path: method === "POST" ? TASKS : `${TASKS}/${ada.mark}`,
          headers: { "Content-Type": "application/json", ...headers },
          body: JSON.stringify({ title: `${ada.mark} ${name}` }),
        });
        demandStatus(answer, 403, `a ${method} from elsewhere`);
      }
      demand((await fingerprint(ada)) === before, "nothing to have changed", "another list of tasks");
    },
  };
}

/** The list of tasks, where the backend has one. A refused request must not have changed it. */
async function fingerprint(member: Member): Promise<string> {
  return (await member.ask({ path: TASKS, headers: SCRIPT })).body;
}

/** RFC 6455 §4.1 */
function handshake(origin: string): Ask {
  return {
    path: "/backend/ws",
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Origin: origin,
    },
    patience: 5_000,
  };
}

/** `next start` closes the connection without a response; other hosts send the refusal. */
function demandNoSocket(answer: Answer): void {
  const isRefused = answer.status === 401 || answer.status === 403 || answer.silence === "closed";
  demand(isRefused, "401, 403 or a closed connection", tell(answer));
}

function demandNoCors({ headers }: Answer, of: string): void {
  const found = [...headers.keys()].find((name) => name.startsWith("access-control-allow-"));
  demand(!found, `no Access-Control-Allow-… from ${of}`, found ? `${found}: ${headers.get(found)}` : "");
}
