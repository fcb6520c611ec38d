import { afterAll, beforeAll, expect, it } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * Better Auth reads some environment variables by itself. If they are set, for example by another
 * program, they have no effect.
 */

let app: App;

beforeAll(async () => {
  app = await startApp({
    // Better Auth skips its check of the Origin header if TEST is set.
    TEST: "1",
    AUTH_SECRET: "another-secret-0123456789abcdefghijklmn",
    BASE_URL: "https://evil.example",
    NEXT_PUBLIC_BETTER_AUTH_URL: "https://evil.example",
    NEXT_PUBLIC_AUTH_URL: "https://evil.example",
  });
});
afterAll(() => app?.stop());

it("a sign-up from another origin is refused with TEST=1 in the environment", async () => {
  const visitor = new Visitor(app.origin);
  const ada = { email: "ada@example.com", name: "Ada", password: "correct-horse-battery" };
  const foreign = { origin: "https://evil.example", cookie: "x=y" };
  expect((await visitor.post("/api/auth/sign-up/email", ada, foreign)).status).toBe(403);
  expect((await visitor.signUp(ada.email)).status).toBe(200);
  const reset = { email: ada.email, redirectTo: "https://evil.example/reset" };
  expect((await visitor.post("/api/auth/request-password-reset", reset)).status).toBe(403);
});
