import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, DIST_DIR, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * A normal build contains neither the pages for development nor the code that exports traces.
 * tests/system/dev-mail.test.ts checks the same for `/dev/mail`.
 */

describe("a production server", () => {
  let app: App;
  let member: Visitor;

  beforeAll(async () => {
    app = await startApp({ BACKEND_URL: "http://127.0.0.1:9" });
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(() => app?.stop());

  it.each(["/dev/gate", "/dev/gate/events", "/dev/gate/timings", "/dev"])("has no %s", async (path) => {
    expect((await member.fetch(path, { headers: { accept: "text/html" } })).status).toBe(404);
    const guest = await new Visitor(app.origin).fetch(path, { headers: { accept: "text/html" } });
    expect(guest.headers.get("location")).toMatch("/login?next=");
  });
});

describe("a production build", () => {
  const files = ["server", "static"].flatMap((root) =>
    readdirSync(join(DIST_DIR, root), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(js|css|json|html|rsc)$/.test(file))
      .map((file) => join(DIST_DIR, root, file)),
  );

  it.each([
    ["the address of the inspector", "/dev/gate"],
    ["the reasons that the inspector shows", "this isolate has the session in memory"],
    ["the styles of the inspector", "gate-module"],
    ["the exporter of traces", "OTEL_EXPORTER_OTLP_PROTOCOL"],
    ["the gate's spans", "gatehouse.request_id"],
  ])("does not contain %s", (_, text) => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => readFileSync(file, "utf8").includes(text))).toEqual([]);
  });
});
