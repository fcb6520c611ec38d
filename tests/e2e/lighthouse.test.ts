import { afterAll, beforeAll, expect, it } from "vitest";
import { auditPage } from "../../scripts/lib/audit-page";
import { ensureTools } from "../../scripts/lib/tools";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * Lighthouse's audits of the pages, without performance. `npm run lighthouse` measures performance,
 * because it depends on the machine.
 */

let stack: FullStack;
let visitor: Visitor;

beforeAll(async () => {
  await ensureTools();
  // The cookie cache expires before the audit, as in a long run of `npm run lighthouse`.
  stack = await startFullStack({ gate: { SESSION_MAX_STALE_SECONDS: "1" } });
  visitor = new Visitor(stack.origin);
  await visitor.signUp("ada@example.com");
});
afterAll(() => stack?.stop());

it.each(["/", "/login", "/account"])(
  "Lighthouse finds no problem on %s",
  async (page) => {
    const cookies = page === "/account" ? visitor.cookies : new Map<string, string>();
    const { scores, findings } = await auditPage(stack.origin + page, cookies, [
      "accessibility",
      "best-practices",
      "seo",
    ]);
    expect(findings).toEqual([]);
    expect(scores).toEqual({ accessibility: 100, "best-practices": 100, seo: 100 });
  },
  90_000,
);
