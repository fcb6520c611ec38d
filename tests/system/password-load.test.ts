import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * Sign-ins with invented emails: no limit by account stops them, and each costs the app a slow
 * hash.
 */

vi.setConfig({ testTimeout: 300_000 });

let app: App;

beforeAll(async () => {
  app = await startApp({ BACKEND_URL: "http://127.0.0.1:9" });
});
afterAll(() => app?.stop());

test("140 sign-ins at once delay neither files nor session checks, and are refused if too many wait", async () => {
  const member = new Visitor(app.origin);
  await member.signUp("ada@example.com");
  const finished: Response[] = [];
  const flood = Array.from({ length: 140 }, async (_, i) => {
    const response = await new Visitor(app.origin).signIn(`invented-${i}@example.com`);
    finished.push(response);
    return response;
  });
  const hashed = () => finished.filter(({ status }) => status === 401).length;
  await vi.waitFor(() => expect(hashed()).toBeGreaterThan(0), 60_000);
  const before = hashed();
  const others = await Promise.all([
    fetch(`${app.origin}/icon.svg`),
    member.fetch("/api/auth/get-session"),
    member.fetch("/account", { headers: { accept: "text/html" } }),
  ]);
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  // If all hashes were in the thread pool at once, these requests would wait until every hash before
  // them is done.
  expect(hashed() - before).toBeLessThan(50);

  const responses = await Promise.all(flood);
  const refused = responses.filter(({ status }) => status === 503);
  expect(responses.filter(({ status }) => status === 401).length + refused.length).toBe(140);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers.get("retry-after")).toBe("5");
  expect(await refused[0]?.json()).toMatchObject({ code: "auth_busy", status: 503 });
  expect((await member.signIn("ada@example.com")).status).toBe(200);
});
