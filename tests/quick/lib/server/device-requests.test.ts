import { describe, expect, it } from "vitest";
import { formToJson } from "../../../../lib/server/auth/device-requests";

const URL = "http://localhost/api/auth/device/code";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** Without a `Content-Length`, as a body in chunks. */
const post = (body: string, headers: Record<string, string> = FORM) =>
  new Request(URL, {
    method: "POST",
    headers,
    body: new Blob([body]).stream(),
    duplex: "half",
  } as RequestInit);

describe("the form of a device sign-in", () => {
  it("becomes JSON", async () => {
    const request = (await formToJson(post("client_id=cli&scope="))) as Request;
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(await request.json()).toEqual({ client_id: "cli", scope: "" });
  });

  it("is not parsed if it is longer than 64 kB", async () => {
    expect(await formToJson(post("a&".repeat(40_000)))).toBe("too-large");
  });

  it.each(["client_id=a&client_id=b", "client_id=%00"])("is invalid with %s", async (body) => {
    expect(await formToJson(post(body))).toBe("invalid");
  });

  it("of another type stays as it is", async () => {
    const request = post("{}", { "content-type": "application/json" });
    expect(await formToJson(request)).toBe(request);
  });
});
