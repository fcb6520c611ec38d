import { slugOf } from "../../../lib/backends";
import { type Backend, routes } from "../../../lib/routes";
import { type Finding, type Outcome, passed, skipped } from "../check";
import type { HttpResponse } from "../probe";

const LOG = "The line not_ready in the app's log has the cause";

const DATABASE: Finding = {
  reason: "the app cannot read its tables: they are missing, or DATABASE_URL is wrong",
  fix: `With the DATABASE_URL of the deployment, run: npm run migrate. If that fails, correct DATABASE_URL. ${LOG}`,
};

/** Explains the response of `/api/health/ready`, which names the parts that do not work. */
export function judgeReadiness({ status, body }: Pick<HttpResponse, "status" | "body">): Outcome {
  if (status === 200) return passed();
  const parts = readParts(body);
  const isFailing = (part: string) => parts[part] === "failing" || parts[part] === "timeout";
  const [first, ...further] = routes.backends;
  const findings = [
    ...(isFailing("database") ? [DATABASE] : []),
    ...(isFailing("backend") ? [describeBackend(first)] : []),
    ...further.filter((backend) => isFailing(`backend-${slugOf(backend)}`)).map(describeBackend),
  ];
  return findings.length > 0
    ? { status: "failed", findings }
    : skipped(`the app names no part that fails (${status})`);
}

function describeBackend({ prefix, address }: Backend): Finding {
  return {
    reason: `the app cannot reach FastAPI for ${prefix}: ${address} is wrong, or FastAPI does not start`,
    fix: `Open the address in ${address} with /health appended. If it works, set ${address} to it and deploy the app again; if not, read FastAPI's log. ${LOG}`,
  };
}

function readParts(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
