import { parseArgs } from "node:util";
import type { Check } from "./checks/check";
import { app } from "./checks/doctor/app";
import { backend } from "./checks/doctor/backend";
import { configuration } from "./checks/doctor/configuration";
import { type Context, createContext, type Options } from "./checks/doctor/context";
import { database } from "./checks/doctor/database";
import { isLoopback } from "./checks/doctor/loopback";
import { project } from "./checks/doctor/project";
import { createRedactor } from "./checks/doctor/redact";
import { createReport, toJson } from "./checks/report";
import { runChecks } from "./checks/run";
import { inspectSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { fail, messageOf } from "./lib/user-error";
import { readRunningStack } from "./stack/running-stack";

/**
 * Checks a deployment's configuration, and prints for each problem what is wrong and how to fix it.
 */

const USAGE = `npm run doctor -- [address of the running app] [--path /api/me]… [--json]

Checks the settings of the environment. Where a variable is not set, it reads .env.local and the other
.env files, and then the addresses of a running \`npm run up\`. With NODE_ENV=development it reads the
files that \`npm run dev\` reads. If an address is given, and a variable without a default is not set here,
it checks the app only from outside.
  --path   a path of FastAPI that requires a user and supports GET (default /api/me). With the prefix
           of another backend, a path of that one: --path /reports/api/summary
  --json   one JSON document (with \`npm run --silent doctor\`, nothing else)
Exit code 1: a check failed; otherwise 0.`;

const HEADINGS = {
  project: "This folder",
  config: "Configuration",
  database: "Database",
  backend: "FastAPI",
  app: "The running app",
};

const checks: readonly Check<Context>[] = [...project, ...configuration, ...database, ...backend, ...app];

main(async (atEnd) => {
  const { json, help, ...options } = readArguments();
  if (help) {
    console.log(USAGE);
    return;
  }
  const time = new Date();
  const { settings: own, problems } = inspectSettings();
  const settings = { ...defaultsFor(options.appUrl), ...own };
  const context = createContext({ settings, problems }, options, atEnd);
  const redact = createRedactor(settings);
  const report = createReport(process.stdout, { total: checks.length, headings: HEADINGS, redact });
  const results = await runChecks(checks, context, json ? {} : report);
  if (json) console.log(redact(toJson(results, { time })));
  else report.writeSummary(results, (Date.now() - time.getTime()) / 1000);
  if (results.some(({ status }) => status === "failed")) process.exitCode = 1;
});

/** The variables that need not be set, where the command runs. */
function defaultsFor(appUrl: string | undefined): Record<string, string> {
  if (appUrl === undefined) return readRunningStack();
  const { origin, hostname } = new URL(appUrl);
  // The addresses of the local stack are not those of an app on another machine.
  return { BETTER_AUTH_URL: origin, ...(isLoopback(hostname) && readRunningStack()) };
}

function readArguments(): Options & { json: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        path: { type: "string", multiple: true, default: [] },
      },
    });
    const [appUrl, ...rest] = positionals;
    if (rest.length > 0) fail(USAGE);
    if (appUrl && !/^https?:\/\/[^/]/.test(appUrl))
      fail(`"${appUrl}" is not an address. It must begin with http:// or https://\n\n${USAGE}`);
    const { path: paths, ...flags } = values;
    const invalid = paths.find((path) => !path.startsWith("/"));
    if (invalid !== undefined) fail(`--path is "${invalid}". It must begin with a slash.\n\n${USAGE}`);
    return { ...flags, paths, appUrl };
  } catch (error) {
    return fail(messageOf(error));
  }
}
