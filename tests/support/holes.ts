import { isSessionToken, readSetCookie } from "../../scripts/conform/jar";
import type { Member } from "../../scripts/conform/world";
import { type AnswerOnItsWay, type Hole, type RequestHead, writeAnswer } from "./leaky-proxy";

/**
 * For each check of `npm run conform`, a hole that breaks its promise and as little else as
 * possible.
 */
export function holesFor(origin: string, ada: Member, bob: Member): Record<string, Hole> {
  const adas = `${ada.jar.session.name}=${ada.jar.session.value}`;
  const bobs = `${bob.jar.session.name}=${bob.jar.session.value}`;
  const letIn = (when: (request: RequestHead) => boolean): Hole => ({
    request: (request) => {
      if (when(request)) set(request.headers, "Cookie", adas);
    },
  });
  const asOwnPage: Hole = {
    request: ({ target, headers }) => {
      if (!/^\/(backend|api\/auth)\//.test(target)) return;
      if (get(headers, "sec-fetch-site")) set(headers, "Sec-Fetch-Site", "same-origin");
      if (get(headers, "origin")) set(headers, "Origin", origin);
    },
  };
  const believesCache: Hole = {
    request: ({ headers }) => {
      const claims = get(headers, "cookie")?.match(/session_data=[\w-]+\.([\w-]+)/)?.[1] ?? "";
      if (Buffer.from(claims, "base64url").toString().includes(bob.email)) set(headers, "Cookie", bobs);
    },
  };

  return {
    "matrix.public-page": on("/", ({ answer }) => {
      answer.status = 404;
    }),
    "matrix.protected-page": says("/dashboard", 200, "<p>secret"),
    "matrix.unlisted-page": says("/no-such-page", 200, "<p>secret"),
    "matrix.post-to-page": on("/dashboard", ({ answer }) => {
      answer.status = 307;
    }),
    "matrix.backend-401": drops("www-authenticate"),
    "matrix.backend-problem": sets("Content-Type", () => "application/json"),
    "matrix.backend-navigation": {
      request: ({ headers }) => {
        set(headers, "Sec-Fetch-Dest", "empty");
        set(headers, "Sec-Fetch-Mode", "cors");
      },
    },
    "matrix.api": says("/api/anything", 200, "{}"),
    "matrix.guest-page": forgets("/login"),
    "matrix.member-page": forgets("/dashboard"),
    "matrix.me": { request: ({ headers }) => set(headers, "Cookie", bobs) },
    "matrix.health": says("/api/health", 401, "{}"),
    "matrix.flight": says("/dashboard", 200, "<p>secret"),
    "matrix.tampered": letIn(({ headers }) => get(headers, "cookie") !== undefined),

    "cookies.http-only": cookie((value) => value.replace("; HttpOnly", "")),
    "cookies.same-site": cookie((value) => value.replace("SameSite=Lax", "SameSite=None")),
    "cookies.scope": cookie((value) => `${value}; Domain=example.com`),
    "cookies.secure": cookie((value) => value.replace("; Secure", "")),
    "cookies.sign-out-clears": cookie((value) => value.replace("Max-Age=0", "Max-Age=60")),
    "cookies.sign-out-ends": says("/api/auth/sign-out", 200, "{}"),

    "tokens.sign-up": leaks("/api/auth/sign-up/email"),
    "tokens.sign-in": leaks("/api/auth/sign-in/email"),
    "tokens.get-session": leaks("/api/auth/get-session"),
    "tokens.list-sessions": leaks("/api/auth/list-sessions"),
    "tokens.pages": leaks("/tasks"),
    "tokens.backend": sets("X-Token", () => "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"),
    "tokens.set-auth-jwt": sets("Set-Auth-Jwt", () => "x"),
    "tokens.endpoint": says("/api/auth/token", 200, '{"token":"x"}'),
    "tokens.forged-authorization": letIn(({ headers }) => get(headers, "authorization") !== undefined),
    "tokens.forged-cache": believesCache,
    "tokens.swapped-cache": believesCache,
    "tokens.own-tasks": letIn(({ target }) => target.startsWith("/backend/api/tasks")),

    "csrf.cross-site": asOwnPage,
    "csrf.same-site": asOwnPage,
    "csrf.foreign-origin": asOwnPage,
    "csrf.null-origin": asOwnPage,
    "csrf.sign-in": asOwnPage,
    "csrf.websocket-foreign": upgrades((headers) => get(headers, "cookie") !== undefined),
    "csrf.websocket-stranger": upgrades((headers) => get(headers, "cookie") === undefined),
    "csrf.cors": sets("Access-Control-Allow-Origin", ({ headers }) => get(headers, "origin")),
    "csrf.preflight": sets("Access-Control-Allow-Methods", ({ method }) =>
      method === "OPTIONS" ? "DELETE" : undefined,
    ),
    "csrf.same-origin": {
      request: ({ method, headers }) => {
        if (method === "POST") set(headers, "Sec-Fetch-Site", "cross-site");
      },
    },

    "redirects.next-stays": sets("Location", ({ target }) => parametersOf(target).at(-1)),
    "redirects.next-doubled": sets("Location", ({ target }) => parametersOf(target).at(-1)),
    "redirects.next-kept": sets("Location", () => "/dashboard"),
    "redirects.path-stays": sets("Location", ({ target }) => target.replace("\\", "/")),
    "redirects.forwarded-host": sets(
      "Location",
      ({ headers }) => `https://${get(headers, "x-forwarded-host")}/login`,
    ),
    "redirects.no-store": drops("cache-control"),
    "redirects.refusals-no-store": sets("Cache-Control", () => "public, max-age=60"),
    "redirects.cookies-no-store": drops("cache-control"),

    "headers.csp": policy((value) => value.replace(/'nonce-[^']+'/, "'unsafe-inline'")),
    "headers.nonce-on-scripts": {
      answer: (answer) => {
        answer.body = answer.body.replace(/(<script\b[^>]*) nonce="[^"]*"/, "$1");
      },
    },
    "headers.nonce-fresh": policy((value) => value.replace(/'nonce-[^']+'/, "'nonce-AAAAAAAAAAAAAAAAAAAA'")),
    "headers.framing": policy((value) => value.replace("frame-ancestors 'none'", "frame-ancestors *")),
    "headers.nosniff": drops("x-content-type-options"),
    "headers.referrer": sets("Referrer-Policy", () => "unsafe-url"),
    "headers.opener": drops("cross-origin-opener-policy"),
    "headers.hsts": sets("Strict-Transport-Security", () => "max-age=60"),
    "headers.powered-by": sets("X-Powered-By", () => "Next.js"),
    "headers.backend-no-store": sets("Cache-Control", () => "public, s-maxage=60"),

    "bypass.subrequest": letIn(({ headers }) => get(headers, "x-middleware-subrequest") !== undefined),
    "bypass.internal-headers": letIn(({ headers }) => get(headers, "x-nextjs-data") !== undefined),
    "bypass.forwarding-headers": letIn(({ headers }) => get(headers, "x-forwarded-for") === "127.0.0.1"),
    "bypass.encoded-paths": {
      request: (request) => {
        if (!/^\/%62ackend/.test(request.target)) return;
        request.target = decodeURIComponent(request.target);
        set(request.headers, "Cookie", adas);
      },
    },
    "bypass.data-paths": letIn(({ target }) => target.endsWith(".rsc")),
    "bypass.methods": instead(({ method }) => method === "OPTIONS"),
    "bypass.deceptive-paths": {
      request: (request) => {
        request.target = request.target.replace(/%2f/i, "/");
      },
    },
    "bypass.two-lengths": instead(
      ({ headers }) => get(headers, "content-length") && get(headers, "transfer-encoding"),
    ),
    "bypass.unknown-length": instead(({ headers }) => get(headers, "transfer-encoding")),
    "bypass.too-large": instead(({ headers }) => get(headers, "content-length") === "2000000000"),
    "bypass.smuggled": {
      instead: ({ target }) => (target === "/backend/api/me" ? html(200, "{}") + html(200, "[]") : undefined),
    },
  };
}

type Headers = RequestHead["headers"];

function get(headers: Headers, name: string): string | undefined {
  return headers.find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1];
}

function remove(headers: Headers, name: string): void {
  const kept = headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase());
  headers.splice(0, headers.length, ...kept);
}

function set(headers: Headers, name: string, value: string): void {
  remove(headers, name);
  headers.push([name, value]);
}

const pathOf = (target: string) => target.split("?")[0];
const parametersOf = (target: string) => new URL(target, "http://x").searchParams.getAll("next");
const html = (status: number, body: string) =>
  writeAnswer({ status, headers: [["Content-Type", "text/html"]], body });

function on(path: string, change: (seen: { answer: AnswerOnItsWay; request: RequestHead }) => void): Hole {
  return {
    answer: (answer, request) => {
      if (pathOf(request.target) === path) change({ answer, request });
    },
  };
}

function instead(when: (request: RequestHead) => unknown): Hole {
  return { instead: (request) => (when(request) ? html(201, "{}") : undefined) };
}

function says(path: string, status: number, body: string): Hole {
  return { instead: ({ target }) => (pathOf(target) === path ? html(status, body) : undefined) };
}

function drops(name: string): Hole {
  return { answer: ({ headers }) => remove(headers, name) };
}

export function sets(name: string, value: (request: RequestHead) => string | undefined): Hole {
  return {
    answer: ({ headers }, request) => {
      const found = value(request);
      if (found !== undefined) set(headers, name, found);
    },
  };
}

function forgets(path: string): Hole {
  return {
    request: ({ target, headers }) => {
      if (pathOf(target) === path) remove(headers, "cookie");
    },
  };
}

function cookie(change: (value: string) => string): Hole {
  return {
    answer: (answer) => {
      answer.headers = answer.headers.map(([name, value]) =>
        name.toLowerCase() === "set-cookie" ? [name, change(value)] : [name, value],
      );
    },
  };
}

function policy(change: (value: string) => string): Hole {
  return {
    answer: ({ headers }) => {
      set(headers, "Content-Security-Policy", change(get(headers, "content-security-policy") ?? ""));
    },
  };
}

function upgrades(when: (headers: Headers) => boolean): Hole {
  const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  return { instead: ({ headers }) => (get(headers, "upgrade") && when(headers) ? accepted : undefined) };
}

/**
 * Adds to the page the token of the session that the request carries or that the response creates.
 */
function leaks(path: string): Hole {
  return on(path, ({ answer, request }) => {
    const sent = (get(request.headers, "cookie") ?? "").split("; ");
    const begun = answer.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
    const session = [...begun.map(([, value]) => value), ...sent]
      .map(readSetCookie)
      .find(({ name }) => isSessionToken(name));
    answer.body += decodeURIComponent(session?.value ?? "");
  });
}
