import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { readDatabaseFigures } from "./simulation/database-figures";
import { drawLookups } from "./simulation/draw-lookups";
import { renderLookups, renderScalePage } from "./simulation/render-scale-page";
import { runStudy } from "./simulation/study";

/**
 * Simulates the session lookups of 1,000 to 10,000,000 users, prints a table, and writes
 * docs/production-scale.md and docs/production-scale.svg. What a database sustains comes from
 * docs/performance.md.
 */

main(async () => {
  const inDocs = (name: string) => path.join(root, "docs", name);
  const figures = readDatabaseFigures(readFileSync(inDocs("performance.md"), "utf8"));
  const study = await runStudy(step);
  writeFileSync(inDocs("production-scale.svg"), drawLookups(study.points, figures));
  writeFileSync(inDocs("production-scale.md"), renderScalePage(study, figures));
  console.log(`\n${renderLookups(study)}`);
});
