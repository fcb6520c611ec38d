import { parseArgs } from "node:util";
import * as imported from "@next/env";
import { inspectSettings, writeSecrets } from "../../scripts/lib/env-file";

/**
 * A process that reads the `.env` files of folders, as a script does or (`next`) as Next does, and prints what it read.
 * Next's reader keeps the environment of its process, so that a test cannot call it in its own.
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
