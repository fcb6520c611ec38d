import { NextResponse } from "next/server";
import { expect, it } from "vitest";
import { passPrivate } from "../../../edge/respond";
import { rewrite } from "../../../edge/upstream/rewrite";

/**
 * The gate writes Next's instructions itself. If this fails after an upgrade of Next, change
 * `edge/respond.ts` or `edge/upstream/rewrite.ts` to what `NextResponse` of the new version writes.
 */

/** Next's instructions. The order of the overridden names does not matter. */
function instructionsOf(response: Response): Record<string, unknown> {
  const headers = [...response.headers].filter(([name]) => name.startsWith("x-middleware-"));
  const overridden = response.headers.get("x-middleware-override-headers")?.split(",").sort();
  return { ...Object.fromEntries(headers), "x-middleware-override-headers": overridden };
}

it("pass writes the instructions that NextResponse.next writes", () => {
  const sent = { cookie: "a=b", "user-agent": "x", accept: "text/html" };
  const request = new Request("https://app.example.com/dashboard", { headers: sent });
  const response = passPrivate({ raw: request, requestId: "id-1" }, [], "default-src 'self'");
  const headers = new Headers(request.headers);
  headers.set("x-request-id", "id-1");
  headers.set("content-security-policy", "default-src 'self'");
  expect(instructionsOf(response)).toEqual(instructionsOf(NextResponse.next({ request: { headers } })));
});

it("rewrite writes the instructions that NextResponse.rewrite writes", () => {
  const headers = new Map([
    ["accept", "application/json"],
    ["authorization", "Bearer x"],
  ]);
  const target = "https://api.example.com/api/tasks?a=1";
  const expected = NextResponse.rewrite(target, { request: { headers: new Headers([...headers]) } });
  expect(instructionsOf(rewrite(target, headers, "id-1"))).toEqual(instructionsOf(expected));
});
