import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError, createApi } from "../../../../lib/api/client";
import { createBrowserApi } from "../../../../lib/browser/api-client";
import { describeProblem } from "../../../../lib/problem";
import type { TaskPaths } from "../../../fixtures/task-paths";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

interface TestResponse {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Starts a server that sends this response to every request. */
function serveResponse({ status, body, headers = {} }: TestResponse): Promise<string> {
  return serve((_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

const plainApi = (baseUrl: string) =>
  createApi<TaskPaths>({ baseUrl, fetch: (request, signal) => fetch(request, { signal: signal ?? null }) });

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => expect.fail("the call resolved"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("a call that succeeds", () => {
  it("sends what the operation requires and resolves to the body alone", async () => {
    const task = { id: "7b0c", title: "Water the plants", done: true };
    let seen = "";
    const baseUrl = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      seen = `${request.method} ${request.url} ${request.headers["content-type"]} ${body}`;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(task));
    });

    const body = await plainApi(`${baseUrl}/backend`).patch("/api/tasks/{task_id}", {
      params: { path: { task_id: "a/b" } },
      body: { done: true },
    });

    expect(body).toEqual(task);
    // An id with a slash must not lead to another path.
    expect(seen).toBe('PATCH /backend/api/tasks/a%2Fb application/json {"done":true}');
  });

  it("resolves to undefined if there is no body", async () => {
    const baseUrl = await serve((_, response) => response.writeHead(204).end());
    const call = plainApi(baseUrl).delete("/api/tasks/{task_id}", { params: { path: { task_id: "a" } } });
    await expect(call).resolves.toBeUndefined();
  });
});

describe("a call rejects with an ApiError", () => {
  it.each<TestResponse & { it: string; fields: Partial<ApiError> }>([
    {
      it: "in the words of the gate",
      status: 503,
      body: describeProblem("gate_session_store_unreachable", "req-1"),
      headers: { "content-type": "application/problem+json", "retry-after": "5" },
      fields: {
        code: "gate_session_store_unreachable",
        detail: "The session store does not respond. Try again in a moment.",
        requestId: "req-1",
        retryAfter: 5,
        issues: undefined,
      },
    },
    {
      it: "in the words of FastAPI",
      status: 404,
      body: { detail: "Task not found" },
      headers: { "x-request-id": "req-2" },
      fields: { code: "http_404", detail: "Task not found", requestId: "req-2", retryAfter: undefined },
    },
    {
      it: "in a sentence made from FastAPI's list, and keeps the list",
      status: 422,
      body: {
        detail: [
          { type: "missing", loc: ["body", "title"], msg: "Field required", input: {} },
          { type: "value_error", loc: ["body"], msg: "Nothing to change." },
        ],
      },
      fields: {
        code: "validation",
        detail: "title: Field required. Nothing to change.",
        issues: [
          expect.objectContaining({ loc: ["body", "title"], msg: "Field required" }),
          expect.objectContaining({ loc: ["body"] }),
        ],
      },
    },
    {
      it: "when a proxy responds with plain text",
      status: 500,
      body: "Internal Server Error",
      headers: { "content-type": "text/plain" },
      fields: { code: "http_500", detail: "The server responded with status 500." },
    },
    {
      it: "when the response is JSON of another shape",
      status: 400,
      body: { detail: [], code: "", request_id: null },
      fields: {
        code: "http_400",
        detail: "The server responded with status 400.",
        issues: undefined,
        requestId: undefined,
      },
    },
    {
      it: "and leaves out a Retry-After that is a date",
      status: 429,
      body: {},
      headers: { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" },
      fields: { code: "http_429", retryAfter: undefined },
    },
  ])("$it", async ({ status, body, headers, fields }) => {
    const error = await failureOf(plainApi(await serveResponse({ status, body, headers })).get("/api/tasks"));
    expect(error).toMatchObject({ status, message: error.detail, ...fields });
  });

  it("if no server listens", async () => {
    const baseUrl = await serve(() => undefined);
    server?.close();
    const error = await failureOf(plainApi(baseUrl).get("/api/tasks"));
    expect(error).toMatchObject({ status: 0, code: "network", cause: expect.any(TypeError) });
  });

  it("if the response is cut off", async () => {
    const baseUrl = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('[{"id":');
      setImmediate(() => response.destroy());
    });
    expect(await failureOf(plainApi(baseUrl).get("/api/tasks"))).toMatchObject({
      status: 0,
      code: "network",
    });
  });

  it("if a success is not JSON", async () => {
    const baseUrl = await serveResponse({ status: 200, body: "<!doctype html>" });
    const error = await failureOf(plainApi(baseUrl).get("/api/tasks"));
    expect(error).toMatchObject({ status: 0, code: "unreadable" });
  });

  it("if it takes too long", async () => {
    const baseUrl = await serve(() => undefined);
    const error = await failureOf(plainApi(baseUrl).get("/api/tasks", { signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ status: 0, code: "timeout", cause: expect.any(DOMException) });
    expect(error.detail).toMatch(/did not respond in time.*not known/);
  });

  it("if it takes too long in the middle of the response", async () => {
    const baseUrl = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('[{"id":');
    });
    const signal = AbortSignal.timeout(100);
    expect(await failureOf(plainApi(baseUrl).get("/api/tasks", { signal }))).toMatchObject({
      status: 0,
      code: "timeout",
    });
  });

  it("if a caller's timeout is one of several signals", async () => {
    const baseUrl = await serve(() => undefined);
    const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(20)]);
    expect(
      await failureOf(plainApi(baseUrl).post("/api/tasks", { body: { title: "a" }, signal })),
    ).toMatchObject({ status: 0, code: "timeout" });
  });

  it.each([
    ["the gate", describeProblem("gate_backend_timeout", "req-6"), "gate_backend_timeout"],
    ["a proxy", "<h1>504 Gateway Time-out</h1>", "http_504"],
  ])("if %s responds with 504, which does not show what was done", async (_, body, code) => {
    const error = await failureOf(plainApi(await serveResponse({ status: 504, body })).get("/api/tasks"));
    expect(error).toMatchObject({ status: 504, code });
    expect(error.detail).toMatch(/in time.*not known/);
  });

  it("but not if the caller cancels with another reason", async () => {
    const abort = new AbortController();
    const reason = new Error("the page was left");
    const baseUrl = await serve(() => abort.abort(reason));
    await expect(plainApi(baseUrl).get("/api/tasks", { signal: abort.signal })).rejects.toBe(reason);
  });

  it("but not if the caller cancels it", async () => {
    const errors: ApiError[] = [];
    const abort = new AbortController();
    const baseUrl = await serve(() => abort.abort());
    const api = createApi<TaskPaths>({
      baseUrl,
      fetch: (request, signal) => fetch(request, { signal: signal ?? null }),
      onError: (error) => errors.push(error),
    });
    await expect(api.get("/api/tasks", { signal: abort.signal })).rejects.toThrow(DOMException);
    expect(errors).toEqual([]);
  });
});

describe("in the browser", () => {
  /** A page at /tasks?page=2 that records how it is left. */
  function openPage(baseUrl: string, signOut: () => Promise<unknown> = async () => undefined) {
    const left: string[] = [];
    const api = createBrowserApi<TaskPaths>(baseUrl, {
      signOut: () => {
        left.push("sign out");
        return signOut();
      },
      currentPath: () => "/tasks?page=2",
      navigate: (path) => left.push(path),
    });
    return { api, left };
  }

  describe("a call without a response", () => {
    /** Responds after `ms` milliseconds. */
    const serveAfter = (ms: number) =>
      serve((_, response) => {
        const headers = { "content-type": "application/json" };
        setTimeout(() => response.writeHead(200, headers).end("[]"), ms);
      });
    const open = (baseUrl: string, limit?: number) =>
      createBrowserApi<TaskPaths>(
        baseUrl,
        { signOut: async () => undefined, currentPath: () => "/", navigate: () => undefined },
        limit,
      );

    it("ends after the deployment's limit, and reports that the outcome is unknown", async () => {
      const error = await failureOf(
        open(await serveAfter(5_000), 30).post("/api/tasks", { body: { title: "a" } }),
      );
      expect(error).toMatchObject({ status: 0, code: "timeout" });
      expect(error.detail).toMatch(/not known/);
    });

    it("waits longer if the caller's signal does", async () => {
      const call = open(await serveAfter(200), 30).get("/api/tasks", { signal: AbortSignal.timeout(5_000) });
      await expect(call).resolves.toEqual([]);
    });

    it("ends sooner if the caller's signal does", async () => {
      const call = open(await serveAfter(5_000)).get("/api/tasks", { signal: AbortSignal.timeout(30) });
      expect(await failureOf(call)).toMatchObject({ code: "timeout" });
    });
  });

  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
  const signedOut = { status: 401, body: describeProblem("gate_signed_out", "req-3") };
  const wayOut = ["sign out", "/login?next=%2Ftasks%3Fpage%3D2"];

  it("an ended session leads to sign-in once, and each of the calls rejects", async () => {
    const { api, left } = openPage(await serveResponse(signedOut));
    const calls = [
      api.get("/api/tasks"),
      api.delete("/api/tasks/{task_id}", { params: { path: { task_id: "a" } } }),
      api.post("/api/tasks", { body: { title: "a" } }),
    ];
    const errors = await Promise.all(calls.map(failureOf));
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("gate_signed_out"));
    await settle();
    await failureOf(api.get("/api/tasks"));
    await settle();
    expect(left).toEqual(wayOut);
  });

  it("a sign-out that fails does not keep the visitor on the page", async () => {
    const { api, left } = openPage(await serveResponse(signedOut), () =>
      Promise.reject(new TypeError("offline")),
    );
    await failureOf(api.get("/api/tasks"));
    await settle();
    expect(left).toEqual(wayOut);
  });

  it.each<TestResponse & { it: string }>([
    {
      it: "FastAPI refuses the token",
      status: 401,
      body: { detail: "Could not validate credentials" },
    },
    {
      it: "the session store is unreachable",
      status: 503,
      body: describeProblem("gate_session_store_unreachable", "req-4"),
    },
    { it: "the gate refuses the request", status: 403, body: describeProblem("gate_cross_site", "req-5") },
    { it: "something breaks", status: 500, body: "Internal Server Error" },
  ])("the visitor stays signed in when $it", async (response) => {
    const { api, left } = openPage(await serveResponse(response));
    expect(await failureOf(api.get("/api/tasks"))).toMatchObject({ status: response.status });
    await settle();
    expect(left).toEqual([]);
  });
});
