import { parseArgs } from "node:util";
import { app } from "./checks/doctor/app";
import { backend } from "./checks/doctor/backend";
import { type Check, runChecks } from "./checks/doctor/check";
import { configuration } from "./checks/doctor/configuration";
import { createContext, type Options } from "./checks/doctor/context";
import { database } from "./checks/doctor/database";
import { project } from "./checks/doctor/project";
import { redactor } from "./checks/doctor/redact";
import { asJson, asText, hasFailed } from "./checks/doctor/report";
import { inspectSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { fail, messageOf } from "./lib/user-error";
import { readRunningStack } from "./stack/running-stack";

/**
 * Checks a deployment's configuration, and prints for each problem what is wrong and how to fix it.
 */

const USAGE = `npm run doctor -- [address of the running app] [--path /api/me] [--json]

Reads the environment, over .env.local and its siblings, over what a running \`npm run up\` uses. With
NODE_ENV=development it reads the files that \`npm run dev\` reads.
  --path   a path of FastAPI that wants a user and answers GET
  --json   one JSON document (with \`npm run -s\`, nothing else)
Ends with 1 when something is to be mended, else with 0.`;

const checks: readonly Check[] = [...project, ...configuration, ...database, ...backend, ...app];

main(async (atEnd) => {
  const { json, help, ...options } = readArguments();
  if (help) {
    console.log(USAGE);
    return;
  }
  const { settings: own, problems } = inspectSettings();
  const settings = { ...readRunningStack(), ...own };
  const lines = await runChecks(checks, createContext({ settings, problems }, options, atEnd));
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  console.log(redactor(settings)(json ? asJson(lines) : asText(lines, { colour })));
  if (hasFailed(lines)) process.exitCode = 1;
});

function readArguments(): Options & { json: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        path: { type: "string", default: "/api/me" },
      },
    });
    const [appUrl, ...rest] = positionals;
    if (rest.length > 0) fail(USAGE);
    if (appUrl && !/^https?:\/\/[^/]/.test(appUrl)) fail(`"${appUrl}" is no address.\n\n${USAGE}`);
    if (!values.path.startsWith("/")) fail(`--path begins with a slash.\n\n${USAGE}`);
    return { ...values, appUrl };
  } catch (error) {
    return fail(messageOf(error));
  }
}
