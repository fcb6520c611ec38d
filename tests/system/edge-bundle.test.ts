import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/lib/root";
import { DIST_DIR } from "../../scripts/stack/test-stack";

it("the edge bundle contains none of the guards of the Node server", () => {
  const folder = join(root, DIST_DIR, "server/edge");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".js"),
  );
  expect(files.length).toBeGreaterThan(0);
  const holding = files.filter((file) =>
    /keepSocketAlive|node:http/.test(readFileSync(join(folder, file), "utf8")),
  );
  expect(holding).toEqual([]);
});
