import { readFileSync } from "node:fs";
import { expect, it, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { findNode, nodeVersions, VERCEL_NODE } from "../../../scripts/lib/node-versions";
import declared from "../../../scripts/node-versions/package.json" with { type: "json" };

/** package.json, the packages of the binaries and the README name the same versions of Node. */

it("engines lists Node 20, 22, 24 and 26, each from a first minor version on", () => {
  expect(nodeVersions).toEqual([20, 22, 24, 26]);
  expect(packageJson.engines.node).toMatch(/^\^\d+\.\d+\.\d+( \|\| \^\d+\.\d+\.\d+)*$/);
});

it("Vercel runs a supported version of Node", () => {
  expect(nodeVersions).toContain(VERCEL_NODE);
});

test.each(nodeVersions)("Node %i has a pinned binary for Linux on x64 and arm64", (major) => {
  const packages = Object.entries<string>(declared.optionalDependencies);
  const found = packages.filter(([name]) => name.startsWith(`node-${major}-linux-`));
  expect(found.map(([name]) => name)).toEqual([`node-${major}-linux-arm64`, `node-${major}-linux-x64`]);
});

it("every binary is pinned exactly, under the name of its major version, and is one that engines allows", () => {
  for (const [name, specifier] of Object.entries<string>(declared.optionalDependencies)) {
    const [, major, minor] = specifier.match(/^npm:node-[a-z0-9-]+@(\d+)\.(\d+)\.\d+$/) ?? [];
    expect(name, specifier).toMatch(new RegExp(`^node-${major}-`));
    const range = packageJson.engines.node.match(new RegExp(`\\^${major}\\.(\\d+)`));
    expect(Number(minor), specifier).toBeGreaterThanOrEqual(Number(range?.[1]));
  }
});

it("findNode returns the running Node, and reports a version without a package as missing", () => {
  expect(findNode(Number(process.versions.node.split(".")[0]))).toEqual({ file: process.execPath });
  expect(findNode(19)).toEqual({ missing: expect.stringMatching(/^npm has no package of Node 19 for /) });
});

it("the types of Node are those of the oldest version, so that no newer API is used by mistake", () => {
  expect(packageJson.devDependencies["@types/node"]).toMatch(new RegExp(`^${nodeVersions[0]}\\.`));
});

it("the README names the supported versions, and the one that deployments run", () => {
  const readme = readFileSync("README.md", "utf8");
  const first = packageJson.engines.node.split("||").map((range) => range.match(/\d+\.\d+/)?.[0]);
  const named = first.map((version) => (version?.endsWith(".0") ? version.slice(0, -2) : `${version}+`));
  expect(readme).toContain(`With Node ${named.slice(0, -1).join(", ")} or ${named.at(-1)} `);
  expect(readme).toContain(`Functions run on Node ${VERCEL_NODE}`);
});
