import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { withBasePath } from "../lib/base-path";
import { routes } from "../lib/routes";
import { checks } from "./checks/conform/checks";
import { createContext } from "./checks/conform/context";
import { createAccounts } from "./checks/conform/throwaway-accounts";
import { createSend, type Send } from "./checks/probe";
import { createReport, toJson } from "./checks/report";
import { runChecks } from "./checks/run";
import { explainVercel } from "./checks/vercel";
import { main } from "./lib/main";
import { fail, messageOf } from "./lib/user-error";

/** Checks a deployment from outside, only over HTTP. */

const USAGE = `npm run conform -- <url> [--path /api/me]… [--json] [--max-stale <seconds>]

  <url>                   the address in the deployment's BETTER_AUTH_URL, such as https://app.example.com
  --path <path>           a path of FastAPI with GET whose response has the user's email (default /api/me).
                          With the prefix of another backend, a path of that one: --path /reports/api/summary
  --json                  one JSON document instead of lines (with npm run --silent conform)
  --max-stale <seconds>   the deployment's SESSION_MAX_STALE_SECONDS (default 60)

Signs up two throw-away accounts and deletes them at the end.
Exit code 1: a check failed, the checks could not start, or an account could not be deleted; otherwise 0.`;

/** How long a running check may continue after Ctrl-C. Milliseconds. */
const FINISH_WITHIN = 5_000;

main(async (atEnd) => {
  const { origin, paths, maxStale, json, help } = readArguments();
  if (help) return console.log(USAGE);

  const sendTo = createSend(origin);
  const send: Send = (request) => sendTo({ ...request, path: withBasePath(request.path, routes) });
  const health = await send({ path: "/api/health" }).catch((error: unknown) =>
    fail(`${messageOf(error)}. Check the address, and that the app runs.`),
  );
  const ofVercel = explainVercel(health, "the app", "the address");
  if (ofVercel) fail(`${ofVercel.reason}. ${ofVercel.fix}.`);
  const target = { origin, maxStale, send };
  const accounts = createAccounts(target);
  const abort = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  atEnd(async () => {
    abort.abort();
    // A running check deletes what it has added before it ends.
    await Promise.race([running, sleep(FINISH_WITHIN)]);
    warnAboutAccounts(await accounts.deleteAll());
  });

  const time = new Date();
  if (!json) console.log(`Checking ${origin} with two throw-away accounts.`);
  const context = createContext(target, await accounts.signUp(), await accounts.signUp(), paths);
  const report = createReport(process.stdout, { total: checks.length });
  const run = runChecks(checks, context, { signal: abort.signal, ...(!json && report) });
  running = run;
  const results = await run;
  if (abort.signal.aborted) return;
  const left = await accounts.deleteAll();

  if (json) console.log(toJson(results, { url: origin, time }));
  else report.writeSummary(results, (Date.now() - time.getTime()) / 1000);
  if (left.length > 0 || results.some(({ status }) => status === "failed")) process.exitCode = 1;
});

function warnAboutAccounts(left: readonly string[]): void {
  if (left.length === 0) return;
  console.error(
    `These accounts could not be deleted: ${left.join(", ")}. Delete them by hand. An account is deleted only if FastAPI accepts the app's token, and user.deleteUser of lib/server/auth/instance.ts is enabled.`,
  );
}

function readArguments() {
  const { values, positionals } = parse();
  const [url, ...more] = positionals;
  if (values.help) return { origin: "", paths: [], maxStale: 0, json: false, help: true };
  if (!url || more.length > 0) fail("Give one address: npm run conform -- https://app.example.com");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    fail(`"${url}" is not an address. It must begin with http:// or https://`);
  }
  const { origin, pathname, search } = new URL(url);
  if (pathname !== "/" || search) fail(`"${url}" contains more than an address. Give ${origin}`);
  const invalid = values.path.find((path) => !path.startsWith("/"));
  if (invalid !== undefined) fail(`--path is "${invalid}". It must begin with a slash`);
  const seconds = values["max-stale"];
  if (!/^\d+$/.test(seconds)) fail(`--max-stale is "${seconds}". Give whole seconds, such as --max-stale 60`);
  return { origin, paths: values.path, maxStale: Number(seconds), json: values.json, help: false };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        path: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
        "max-stale": { type: "string", default: "60" },
      },
    });
  } catch (error) {
    fail(`${messageOf(error).split("\n")[0]} See npm run conform -- --help`);
  }
}
