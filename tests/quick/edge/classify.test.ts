import { describe, expect, test } from "vitest";
import { createClassifier, type Wants } from "../../../edge/classify";
import type { Access, RouteKind } from "../../../lib/routes";
import { routes, routesWithAccess } from "../../fixtures/routes";

const classify = createClassifier(routes);

describe("the path", () => {
  const rows: [path: string, kind: RouteKind][] = [
    ["/", "public-page"],
    ["/login", "guest-page"],
    ["/login/", "guest-page"],
    ["/signup", "guest-page"],
    ["/dashboard", "page"],
    ["/dashboard/", "page"],
    ["/anything/else", "page"],
    ["/login/x", "page"],
    ["/Login", "page"],
    ["/%6cogin", "page"],
    ["/loginx", "page"],
    ["/backend", "backend"],
    ["/backend/", "backend"],
    ["/backend/api/tasks", "backend"],
    ["/backendx", "page"],
    ["/backend;x", "page"],
    ["/backend;/x", "page"],
    ["/backend%2fx", "page"],
    ["/backend.", "page"],
    ["/;x", "page"],
    ["/login;x", "page"],
    ["/login;/dashboard", "page"],
    ["/reset-password;x", "page"],
    ["/verify-email", "public-page"],
    ["/verify-email//", "page"],
    ["/Backend/api", "page"],
    ["/x/backend/api", "page"],
    ["/api/auth", "open-api"],
    ["/api/auth/sign-in/email", "open-api"],
    ["/api/authx", "api"],
    ["/api/auth;x", "api"],
    ["/api;x/auth", "page"],
    ["/api/health", "open-api"],
    ["/api/health/ready", "open-api"],
    ["/api/healthy", "api"],
    ["/api", "api"],
    ["/api/other", "api"],
    ["/apix", "page"],
    ["/_next/data/build/backend/x.json", "api"],
    ["/_next/data/build/api/health.json", "api"],
    ["/_next/datax", "page"],
    ["//evil.example", "page"],
  ];
  test.each(rows)("%s has the kind %s", (path, kind) => {
    expect(classify("GET", path, new Headers()).kind).toBe(kind);
  });
});

describe("a pattern with a star", () => {
  const withBlog = createClassifier({
    ...routes,
    publicPages: ["/", "/blog/*"],
    guestPages: ["/login", "/join/*"],
    openApi: ["/api/auth/*", "/api/feed"],
  });
  const kindOf = (path: string) =>
    // As the gate sees it: the URL parser resolves dot segments.
    withBlog("GET", new URL(path, "http://localhost").pathname, new Headers()).kind;

  test.each<[path: string, kind: RouteKind]>([
    ["/blog", "public-page"],
    ["/blog/", "public-page"],
    ["/blog/post", "public-page"],
    ["/blog/post/", "public-page"],
    ["/blog/2026/post", "public-page"],
    ["/blog/caf%C3%A9", "public-page"],
    ["/blog/a%20b", "public-page"],
    ["/blog/a.b", "public-page"],
    // Next serves /blog/a for this, so it opens no other page.
    ["/blog/a.rsc", "public-page"],
    ["/join/team", "guest-page"],
    ["/api/auth/x", "open-api"],
    ["/api/feed", "open-api"],
    ["/api/feed/", "open-api"],
  ])("matches %s as %s", (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });

  test.each<[path: string, kind: RouteKind]>([
    ["/blogs", "page"],
    ["/blog.rsc", "page"],
    ["/blog;x", "page"],
    ["/blog%2fpost", "page"],
    ["/BLOG/x", "page"],
    ["/Blog", "page"],
    ["/%62log/x", "page"],
    ["/x/blog/post", "page"],
    ["/blog/../account", "page"],
    ["/blog/%2e%2e/account", "page"],
    ["/blog/.%2E/account", "page"],
    ["/blog/..%2faccount", "page"],
    ["/blog/..%2Faccount", "page"],
    ["/blog/..%5caccount", "page"],
    ["/blog/%2faccount", "page"],
    ["/blog/..;/account", "page"],
    ["/blog/..%3b/account", "page"],
    ["/blog/%252e%252e/account", "page"],
    ["/blog/%252e%252e%252faccount", "page"],
    ["/blog/a%00", "page"],
    ["/blog//x", "page"],
    ["/blog//", "page"],
    ["/blog/x//", "page"],
    ["//blog/x", "page"],
    ["/api/feed/x", "api"],
    ["/api/feed//", "api"],
    ["/api/auth//x", "api"],
    ["/api/auth/..%2fother", "api"],
    ["/api/auth/..;/other", "api"],
    ["/api/auth%2fx", "api"],
  ])("does not match %s, which is protected as %s", (path, kind) => {
    expect(withBlog("GET", path, new Headers()).kind).not.toMatch(/^(public|guest|open)/);
    expect(kindOf(path)).toBe(path.startsWith("//") ? "page" : kind);
  });
});

describe("the access to", () => {
  const withRules = createClassifier(
    routesWithAccess([
      { path: "/backend/webhooks/*", methods: ["POST"], access: "open" },
      { path: "/backend/api/articles/*", methods: ["GET", "HEAD"], access: "optional" },
      { path: "/backend/ping", methods: ["GET"], access: "open" },
    ]),
  );

  test.each<[method: string, path: string, access: Access]>([
    ["POST", "/backend/webhooks", "open"],
    ["POST", "/backend/webhooks/stripe", "open"],
    ["POST", "/backend/webhooks/stripe/", "open"],
    ["GET", "/backend/webhooks/stripe", "required"],
    ["post", "/backend/webhooks/stripe", "required"],
    ["OPTIONS", "/backend/webhooks/stripe", "required"],
    ["GET", "/backend/api/articles", "optional"],
    ["HEAD", "/backend/api/articles/7", "optional"],
    ["PUT", "/backend/api/articles/7", "required"],
    ["GET", "/backend/ping", "open"],
    // An exact path of the backend has no slash at its end: FastAPI distinguishes the two.
    ["GET", "/backend/ping/", "required"],
    ["HEAD", "/backend/ping", "required"],
    ["GET", "/backend/pin%67", "required"],
    ["GET", "/backend//ping", "required"],
    ["POST", "/backend/webhooksx", "required"],
    ["POST", "/backend/Webhooks/x", "required"],
    ["POST", "/backend/%77ebhooks/x", "required"],
    ["POST", "/backend//webhooks/x", "required"],
    ["POST", "/backend/webhooks//x", "required"],
    ["POST", "/backend/webhooks/..;/api/tasks", "required"],
    ["POST", "/backend/webhooks/..%2fapi/tasks", "required"],
    ["POST", "/backend/webhooks/%2e%2e/api/tasks", "required"],
    ["POST", "/backend/webhooks/%252e%252e/api/tasks", "required"],
    ["POST", "/backend/webhooks/..%5capi/tasks", "required"],
    ["GET", "/backend", "required"],
    ["GET", "/", "open"],
    ["GET", "/api/auth/get-session", "open"],
    ["GET", "/login", "optional"],
    ["GET", "/dashboard", "required"],
    ["GET", "/api/other", "required"],
  ])("%s %s is %s", (method, path, access) => {
    expect(withRules(method, path, new Headers()).access).toBe(access);
  });
});

describe("classify finds the response that is wanted by", () => {
  const html = "text/html,application/xhtml+xml,*/*;q=0.8";
  const rows: [
    sentence: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    wants: Wants,
  ][] = [
    [
      "a browser's navigation",
      "GET",
      "/x",
      { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", accept: html },
      "document",
    ],
    ["a posted form", "POST", "/x", { "sec-fetch-mode": "navigate", accept: html }, "document"],
    [
      "a download link to the backend",
      "GET",
      "/backend/x",
      { "sec-fetch-mode": "navigate", accept: html },
      "document",
    ],
    ["fetch() in a page", "GET", "/backend/x", { "sec-fetch-dest": "empty", accept: "*/*" }, "data"],
    ["fetch() of a page", "GET", "/x", { "sec-fetch-dest": "empty", accept: "*/*" }, "data"],
    ["fetch() in Node of a page", "GET", "/x", { "sec-fetch-mode": "cors", accept: "*/*" }, "document"],
    [
      "an image whose address is a page",
      "GET",
      "/x",
      { "sec-fetch-dest": "image", accept: "image/*,*/*" },
      "data",
    ],
    ["an EventSource", "GET", "/backend/x", { accept: "text/event-stream" }, "data"],
    ["Next's router", "GET", "/x", { rsc: "1", "sec-fetch-dest": "empty" }, "flight"],
    ["a prefetch of the backend", "GET", "/backend/x", { "sec-purpose": "prefetch" }, "prefetch"],
    [
      "a prerender of the backend",
      "GET",
      "/backend/x",
      { "sec-purpose": "prefetch;prerender", "sec-fetch-dest": "document" },
      "prefetch",
    ],
    [
      "a <Link> to the backend that is visible",
      "GET",
      "/backend/x",
      { rsc: "1", "next-router-prefetch": "1" },
      "prefetch",
    ],
    [
      "a <Link> to the backend that is clicked",
      "GET",
      "/backend/x",
      { rsc: "1", "next-router-state-tree": "%5B%22%22%5D" },
      "prefetch",
    ],
    ["a <Link> to a page", "GET", "/x", { rsc: "1", "next-router-prefetch": "1" }, "flight"],
    ["a prefetch of a page", "GET", "/x", { "sec-purpose": "prefetch", accept: html }, "document"],
    ["a server action", "POST", "/x", { "next-action": "00ff", "sec-fetch-dest": "empty" }, "action"],
    ["a GET with the header of a server action", "GET", "/x", { "next-action": "00ff" }, "document"],
    ["a WebSocket", "GET", "/backend/ws", { upgrade: "WebSocket", connection: "Upgrade" }, "upgrade"],
    [
      "Firefox's WebSocket",
      "GET",
      "/",
      { upgrade: "websocket", connection: "keep-alive, Upgrade" },
      "upgrade",
    ],
    [
      "a WebSocket that is posted",
      "POST",
      "/",
      { upgrade: "websocket", connection: "Upgrade" },
      "other-upgrade",
    ],
    [
      "a client that upgrades to another protocol",
      "GET",
      "/backend/x",
      { upgrade: "h2c", connection: "Upgrade" },
      "other-upgrade",
    ],
    ["a client that names no protocol", "GET", "/backend/x", { connection: "upgrade" }, "data"],
    [
      "a client that names an empty protocol",
      "GET",
      "/backend/x",
      { connection: "upgrade", upgrade: "" },
      "other-upgrade",
    ],
    [
      "a client whose Connection header does not list Upgrade",
      "GET",
      "/backend/x",
      { upgrade: "websocket" },
      "data",
    ],
    ["an older browser's navigation", "GET", "/x", { accept: html }, "document"],
    ["an older browser's download", "GET", "/backend/x", { accept: html }, "document"],
    ["curl on a page", "GET", "/x", { accept: "*/*" }, "document"],
    ["a program without an Accept header on a page", "GET", "/x", {}, "document"],
    ["curl on the backend", "GET", "/backend/x", { accept: "*/*" }, "data"],
    ["curl on a route handler", "GET", "/api/x", { accept: "*/*" }, "data"],
    ["a program that accepts only JSON on a page", "GET", "/x", { accept: "application/json" }, "data"],
  ];
  test.each(rows)("%s (%s %s)", (_, method, path, headers, wants) => {
    expect(classify(method, path, new Headers(headers)).wants).toBe(wants);
  });
});

test.each([
  ["GET", true],
  ["HEAD", true],
  ["OPTIONS", true],
  ["POST", false],
  ["PUT", false],
  ["PATCH", false],
  ["DELETE", false],
  ["TRACE", false],
  ["CONNECT", false],
  ["PROPFIND", false],
  ["", false],
  ["get", false],
])("the method %s is safe: %s", (method, safe) => {
  expect(classify(method, "/x", new Headers()).safe).toBe(safe);
});
