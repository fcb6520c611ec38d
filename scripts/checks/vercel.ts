import { readVercelError } from "../../lib/vercel-response";
import type { Finding } from "./check";
import type { HttpResponse } from "./probe";

const READ_LOG =
  "Read the runtime log in Vercel: it names the variable. A variable reaches only deployments that are made after it was set, so deploy again";

/**
 * Why Vercel responded in place of a deployment, and how to fix it. Undefined if the deployment
 * responded. `server` and `address` are as in `failUnreachable`.
 */
export function explainVercel(
  { headers, setCookies }: Pick<HttpResponse, "headers" | "setCookies">,
  server: string,
  address: string,
): Finding | undefined {
  const code = readVercelError(headers, setCookies);
  switch (code) {
    case undefined:
      return undefined;
    case "DEPLOYMENT_PROTECTED":
      return {
        reason: `Vercel's Deployment Protection lets only your team reach ${server}`,
        fix: `Set ${address} to the production domain of the project, or turn off the protection in Settings → Deployment Protection`,
      };
    case "DEPLOYMENT_NOT_FOUND":
      return {
        reason: `Vercel has no deployment for ${server} at this address (${code})`,
        fix: `Correct ${address}; the project's page in Vercel shows it under Domains`,
      };
    default:
      return { reason: `${server} fails on Vercel (${code})`, fix: READ_LOG };
  }
}
