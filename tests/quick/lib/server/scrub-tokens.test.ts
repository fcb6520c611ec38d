import { expect, it, test } from "vitest";
import { scrubTokens } from "../../../../lib/server/auth/scrub-tokens";

const json = (body: unknown, init?: ResponseInit) => Response.json(body, init);

test.each([
  ["sign-in", { token: "raw", user: { id: "1" } }, { user: { id: "1" } }],
  ["get-session", { session: { id: "s", token: "raw" }, user: {} }, { session: { id: "s" }, user: {} }],
  ["list-sessions", [{ id: "s", token: "raw" }], [{ id: "s" }]],
  ["a device sign-in", { access_token: "raw", expires_in: 1 }, { expires_in: 1 }],
  ["signed out", null, null],
  ["an error", { code: "INVALID_PASSWORD", message: "no" }, { code: "INVALID_PASSWORD", message: "no" }],
])("%s", async (_, body, scrubbed) => {
  expect(await (await scrubTokens(json(body))).json()).toEqual(scrubbed);
});

it("keeps the status and every cookie, and states the new length", async () => {
  const headers = new Headers({ "content-length": "999" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const response = await scrubTokens(json({ token: "raw" }, { status: 201, headers }));
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(response.headers.get("content-length")).toBeNull();
});

it("does not change a body that is not JSON", async () => {
  const page = new Response("token", { headers: { "content-type": "text/html" } });
  expect(await scrubTokens(page)).toBe(page);
});

it("accepts an empty response", async () => {
  const empty = new Response("", { status: 200, headers: { "content-type": "application/json" } });
  expect(await (await scrubTokens(empty)).text()).toBe("");
});
