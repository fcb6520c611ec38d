// Plain JavaScript, because scripts/run.mjs needs it before anything is installed.

/**
 * Compares a Node version with the `engines` of package.json, such as "^20.19.0 || ^22.12.0": one
 * range for each supported major version, the oldest first.
 */
export function judgeNodeVersion(version, engines) {
  const [major, minor] = version.split(".").map(Number);
  const ranges = engines.split("||").map((range) => range.match(/\d+/g).map(Number));
  const range = ranges.find(([supported]) => supported === major);
  if (range) return minor >= range[1] ? "supported" : "too old";
  return major > ranges[0][0] ? "untested" : "too old";
}
