import { expect, test } from "vitest";
import { compareBodyLength } from "../../../edge/facts";
import { isDeceptivePath } from "../../../edge/path-matcher";

test.each([
  ["/backend/a%2fb", true],
  ["/backend/a%2Fb", true],
  ["/backend/a%5cb", true],
  ["/backend/a\\b", true],
  ["/backend/a%00", true],
  ["/backend/../x", true],
  ["/backend/..", true],
  ["/backend/./x", true],
  ["/backend/%2e%2e/x", true],
  ["/backend/.%2E/x", true],
  ["/backend/%2e", true],
  ["/backend/a/..%2fx", true],
  ["/backend/a..b", false],
  ["/backend/.well-known/x", false],
  ["/backend/...", false],
  ["/backend/..;/x", false],
  ["/backend/a%20b", false],
  ["/backend/%252f", false],
  ["/backend/%C3%A9", false],
  ["/backend/", false],
])("the path %s is deceptive: %s", (path, deceptive) => {
  expect(isDeceptivePath(path)).toBe(deceptive);
});

test.each([
  [{}, "fits"],
  [{ "content-length": "0" }, "fits"],
  [{ "content-length": "100" }, "fits"],
  [{ "content-length": "101" }, "too-large"],
  [{ "content-length": "many" }, "too-large"],
  [{ "content-length": "-1" }, "too-large"],
  [{ "content-length": "1e1" }, "too-large"],
  [{ "content-length": "0x10" }, "too-large"],
  [{ "transfer-encoding": "chunked" }, "unknown-length"],
  [{ "transfer-encoding": "chunked", "content-length": "5" }, "unknown-length"],
])("with a limit of 100 bytes, the length of a body with the headers %j is: %s", (headers, verdict) => {
  expect(compareBodyLength(new Headers(headers as Record<string, string>), 100)).toBe(verdict);
});
