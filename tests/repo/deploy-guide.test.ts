import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { EnvError, parseEnv } from "../../lib/env";
import { routes } from "../../lib/routes";
import { judgeReadiness } from "../../scripts/checks/doctor/judge-readiness";
import { judgeRewriteCaching } from "../../scripts/checks/doctor/project";
import { tokenRefusals } from "../../scripts/checks/token-refusals";
import { explainVercel } from "../../scripts/checks/vercel";
import { testEnv } from "../../scripts/stack/test-stack";

/** docs/deploy-to-vercel.md shows what the checks print, and a button with the right parameters. */

const guide = readFileSync("docs/deploy-to-vercel.md", "utf8");
const packageJson: { repository?: { url: string } } = JSON.parse(readFileSync("package.json", "utf8"));

describe("the Deploy button of docs/deploy-to-vercel.md", () => {
  const url = new URL(guide.match(/\]\((https:\/\/vercel\.com\/new\/clone\?[^)]+)\)/)?.[1] ?? "");

  it("requests the variables that neither Vercel nor Neon sets", () => {
    const required: string[] = [];
    try {
      parseEnv({ VERCEL: "1", VERCEL_ENV: "production", VERCEL_PROJECT_PRODUCTION_URL: "app.example.com" });
    } catch (error) {
      required.push(...(error as EnvError).problems.map((problem) => problem.split(":")[0] ?? ""));
    }
    const wanted = required.filter((name) => name !== "DATABASE_URL");
    expect(url.searchParams.get("env")?.split(",").sort()).toEqual(wanted.sort());
  });

  it("creates a Neon database", () => {
    expect(JSON.parse(url.searchParams.get("stores") ?? "")).toEqual([
      { type: "integration", integrationSlug: "neon", productSlug: "neon", protocol: "storage" },
    ]);
  });

  it("names the repository of package.json, or has a placeholder if there is none", () => {
    const repository = packageJson.repository?.url ?? "https://github.com/OWNER/REPOSITORY";
    expect(url.searchParams.get("repository-url")).toBe(repository);
    expect(url.searchParams.get("envLink")).toBe(`${repository}/blob/HEAD/docs/deploy-to-vercel.md`);
  });
});

const reasonOf = (headers: Record<string, string>, setCookies: string[] = []) =>
  explainVercel({ headers: new Headers(headers), setCookies }, "the app", "the address")?.reason ?? "";

function readinessReasons(): string[] {
  const body = JSON.stringify({ database: "failing", backend: "failing" });
  const outcome = judgeReadiness({ status: 503, body });
  return "findings" in outcome ? outcome.findings.map(({ reason }) => reason) : [];
}

function cachingReason(): string {
  const outcome = judgeRewriteCaching("{}", routes.backends);
  return "findings" in outcome ? (outcome.findings[0]?.reason ?? "") : "";
}

test.each([
  reasonOf({ "x-vercel-error": "DEPLOYMENT_NOT_FOUND" }),
  reasonOf({}, ["_vercel_sso_nonce=x"]),
  reasonOf({ "x-vercel-error": "MIDDLEWARE_INVOCATION_FAILED" }),
  ...readinessReasons(),
  cachingReason(),
  ...["token_wrong_key", "token_wrong_audience", "token_wrong_issuer"].map(
    (code) => tokenRefusals[code]?.reason ?? "",
  ),
])("docs/deploy-to-vercel.md shows what the checks print: %s", (reason) => {
  expect(reason).not.toBe("");
  expect(guide).toContain(`| \`${reason}\` |`);
});

it("docs/deploy-to-vercel.md shows what a build without BACKEND_URL prints", () => {
  const [{ address }] = routes.backends;
  try {
    parseEnv(testEnv({ [address]: "" }));
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    expect(guide).toContain(error.message);
  }
});
