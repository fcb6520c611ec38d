import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { withBasePath } from "../../../lib/base-path";
import { type Backend, routes } from "../../../lib/routes";
import packageJson from "../../../package.json" with { type: "json" };
import { judgeNodeVersion } from "../../lib/node-support.mjs";
import { VERCEL_NODE } from "../../lib/node-versions";
import { messageOf } from "../../lib/user-error";
import { findPython } from "../../stack/python";
import { type Check, failed, type Outcome, passed, warning } from "../check";
import type { Context } from "./context";

const read = ({ root }: Context, file: string) => {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
};

/** Checks the folder that is deployed. */
export const project: readonly Check<Context>[] = [
  {
    id: "project.node",
    title: "Node",
    run: () => judgeNode(process.versions.node),
  },
  {
    id: "project.python",
    title: "Python, for the reference backend",
    run: () =>
      findPython().then(
        (command) => passed(command),
        (error) => warning(messageOf(error), "Only `npm run up` and the tests need Python"),
      ),
  },
  {
    id: "project.next",
    title: "Next.js is a version known to work",
    run: (context) => {
      const installed = JSON.parse(read(context, "node_modules/next/package.json") ?? "{}").version;
      const pinned = JSON.parse(read(context, "package.json") ?? "{}").dependencies?.next;
      return judgeNext(installed, pinned);
    },
  },
  {
    id: "project.middleware",
    title: "The gate is middleware.ts, on the edge",
    run: ({ root }) => judgeGateFile((file) => existsSync(path.join(root, file))),
  },
  {
    id: "project.rewrite-caching",
    title: "Vercel's rewrite caching is off for every backend",
    run: (context) => judgeRewriteCaching(read(context, "vercel.json"), routes.backends),
  },
];

export function judgeNode(version: string): Outcome {
  const supported = packageJson.engines.node;
  const advice = `Install Node ${VERCEL_NODE} (supported: ${supported}): https://nodejs.org`;
  switch (judgeNodeVersion(version, supported)) {
    case "supported":
      return passed(version);
    case "untested":
      return warning(`Node ${version} is not tested with Gatehouse`, advice);
    case "too old":
      return failed(`Node ${version} is too old`, advice);
  }
}

export function judgeNext(installed: string | undefined, pinned: string | undefined): Outcome {
  if (!installed) return failed("Next.js is not installed", "Run: npm ci");
  if (!installed.startsWith("16.")) {
    return failed(
      `Next.js ${installed} is installed, but only 16.x runs middleware.ts on the edge, as the gate requires`,
      "Set next to the version in this project's history and run: npm install",
    );
  }
  if (installed === pinned) return passed(installed);
  return warning(
    `Next.js ${installed} is installed, but package.json pins ${pinned ?? "none"}`,
    "Run npm ci; or, to upgrade, pin the new version and run npm test",
  );
}

export function judgeGateFile(exists: (file: string) => boolean): Outcome {
  const proxy = ["proxy.ts", "proxy.js", "src/proxy.ts"].find(exists);
  if (proxy) {
    return failed(`${proxy} exists: Next runs it on Node, instead of the gate`, `Remove ${proxy}`);
  }
  if (exists("middleware.ts")) return passed();
  return failed("middleware.ts is missing: no path is protected", "Restore middleware.ts");
}

const CACHING = "x-vercel-enable-rewrite-caching";

/** `text`: the content of `vercel.json`. */
export function judgeRewriteCaching(text: string | undefined, backends: readonly Backend[]): Outcome {
  const sources = backends.map(({ prefix }) => `${withBasePath(prefix, routes)}/(.*)`);
  if (text === undefined) {
    return failed("vercel.json is missing", `Restore it, and add ${sources.map(describeEntry).join(", ")}`);
  }
  let rules: { source?: string; headers?: { key?: string; value?: string }[] }[];
  try {
    rules = JSON.parse(text).headers ?? [];
  } catch {
    return failed("vercel.json is not valid JSON", "Correct it");
  }
  const isOff = (source: string) =>
    rules
      .filter((rule) => rule.source === source || rule.source === "/(.*)")
      .flatMap(({ headers = [] }) => headers)
      .find(({ key }) => key?.toLowerCase() === CACHING)?.value === "0";
  const missing = sources.filter((source) => !isOff(source));
  if (missing.length === 0) return passed();
  return {
    status: "failed",
    findings: missing.map((source) => ({
      reason: `Vercel may cache the responses of ${source} and send one user's data to another`,
      fix: `Add to "headers" in vercel.json: ${describeEntry(source)}`,
    })),
  };
}

const describeEntry = (source: string) => JSON.stringify({ source, headers: [{ key: CACHING, value: "0" }] });
