import { parseArgs } from "node:util";
import * as imported from "@next/env";
import { inspectSettings, writeSecrets } from "../../scripts/lib/env-file";

/**
 * A process that reads the `.env` files of some folders and prints the result: with `--as next` as
 * Next does, with `--as write` after adding missing secrets, otherwise as a script does. A separate
 * process, because Next's reader keeps the environment of its process, so a test cannot call it
 * directly.
 */
const nextEnv = (imported as { default?: typeof imported }).default ?? imported;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { as: { type: "string" }, dev: { type: "boolean", default: false } },
});
const { dev } = values;
const results = positionals.map((dir) => {
  if (values.as === "next")
    return { settings: { ...nextEnv.loadEnvConfig(dir, dev, console, true).combinedEnv } };
  if (values.as === "write") return { added: writeSecrets({ dir, dev }), ...inspectSettings({ dir, dev }) };
  return inspectSettings({ dir, dev });
});
console.log(JSON.stringify({ results, environment: process.env }));
