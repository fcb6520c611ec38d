import { describe, expect, it, test } from "vitest";
import { createBackendAddresses } from "../../../../edge/upstream/backend-addresses";

const BACKEND = "http://127.0.0.1:8000";
const plain = createBackendAddresses(BACKEND, "/backend");
const rewrite = (name: string, value: string, path = "/api/tasks") =>
  plain.rewriteHeader(name, value, BACKEND + path);

describe.each(["location", "content-location", "sourcemap"])("in the header %s", (name) => {
  test.each([
    [`${BACKEND}/there?x=1#y`, "/backend/there?x=1#y"],
    // uvicorn writes "https" if X-Forwarded-Proto says https.
    ["https://127.0.0.1:8000/there", "/backend/there"],
    ["//127.0.0.1:8000/there", "/backend/there"],
    ["http://LOCALHOST:8000/there", "/backend/there"],
    ["http://[::1]:8000/there", "/backend/there"],
    [BACKEND, "/backend/"],
    ["/there", "/backend/there"],
    ["/backend/there", "/backend/backend/there"],
    // These mean the same on both sides.
    ["there", "there"],
    ["?page=2", "?page=2"],
    ["#part", "#part"],
    // This one would leave the prefix.
    ["../../there", "/backend/there"],
    // Another site, another port, or not a web address.
    ["https://elsewhere.example/x", "https://elsewhere.example/x"],
    ["//elsewhere.example/x", "//elsewhere.example/x"],
    ["http://127.0.0.1:8001/x", "http://127.0.0.1:8001/x"],
    ["http://127.0.0.1:8000@elsewhere.example/x", "http://127.0.0.1:8000@elsewhere.example/x"],
    ["urn:uuid:1", "urn:uuid:1"],
    // UTF-8 bytes, as `fetch` reads them.
    ["/caf\u00c3\u00a9", "/backend/caf%C3%A9"],
    ["/caf\u00e9", "/backend/caf%C3%A9"],
    ["http://[", undefined],
    ["http://a b/", undefined],
    ["//", undefined],
  ])("%s becomes %s", (value, expected) => {
    expect(rewrite(name, value)).toBe(expected);
  });
});

describe("in the header link", () => {
  test.each([
    [`<${BACKEND}/n?page=2>; rel="next"`, `</backend/n?page=2>; rel="next"`],
    [
      `<${BACKEND}/a?x=1,2>; rel=next; title="a, <b>; c", </b>; rel=prev, <https://cdn.example/x>; rel=preload`,
      `</backend/a?x=1,2>; rel=next; title="a, <b>; c", </backend/b>; rel=prev, <https://cdn.example/x>; rel=preload`,
    ],
    [`<?page=3>; rel=last`, `<?page=3>; rel=last`],
    [`</x>; rel=item; anchor="${BACKEND}/y"`, `</backend/x>; rel=item; anchor="/backend/y"`],
    [`</x>; rel=item; anchor="#part"`, `</backend/x>; rel=item; anchor="#part"`],
    [`< ${BACKEND}/x >; rel=next`, `</backend/x>; rel=next`],
    [`<http://[>; rel=next`, undefined],
  ])("%s becomes %s", (value, expected) => {
    expect(rewrite("link", value)).toBe(expected);
  });
});

describe("in the header refresh", () => {
  test.each([
    ["5", "5"],
    [`5; url=${BACKEND}/x`, "5; url=/backend/x"],
    [`0;URL='/x'`, `0;URL='/backend/x'`],
    [`0, ${BACKEND}/x`, "0, /backend/x"],
    ["5; url=https://elsewhere.example/", "5; url=https://elsewhere.example/"],
    ["5; url=http://[", undefined],
    ["soon", undefined],
  ])("%s becomes %s", (value, expected) => {
    expect(rewrite("refresh", value)).toBe(expected);
  });
});

describe("in any other header", () => {
  test.each([
    ["x-next-page", `${BACKEND}/api/tasks?page=2`, "/backend/api/tasks?page=2"],
    ["x-pages", `a=${BACKEND}/a, b=${BACKEND}/b`, "a=/backend/a, b=/backend/b"],
    ["content-security-policy", `report-uri ${BACKEND}/csp`, "report-uri /backend/csp"],
    // The host alone: no browser can use it, so it must not be shown.
    ["x-served-by", "127.0.0.1:8000", undefined],
    ["x-served-by", "instance 7 at localhost:8000", undefined],
    ["x-other", "127.0.0.1:80001", "127.0.0.1:80001"],
    ["x-other", "http://127.0.0.1:8000.elsewhere.example/", "http://127.0.0.1:8000.elsewhere.example/"],
    ["etag", '"127"', '"127"'],
    ["constructor", "x", "x"],
    ["__proto__", "x", "x"],
  ])("%s: %s becomes %s", (name, value, expected) => {
    expect(rewrite(name, value)).toBe(expected);
  });
});

it("an address below the backend's own path loses that path and no other part", () => {
  const backend = "https://api.example.com/v1";
  const { rewriteHeader } = createBackendAddresses(backend, "/backend");
  const at = (name: string, value: string) => rewriteHeader(name, value, `${backend}/tasks`);
  expect(at("location", `${backend}/there`)).toBe("/backend/there");
  expect(at("location", backend)).toBe("/backend");
  expect(at("location", "/v1/there")).toBe("/backend/there");
  expect(at("location", "/v10/there")).toBe("/backend/v10/there");
  expect(at("x-next", `${backend}/there`)).toBe("/backend/there");
  expect(at("x-next", "https://api.example.com/v10")).toBe("/backend/v10");
});

it("a backend with a one-word name does not change that word in other headers", () => {
  const { rewriteHeader } = createBackendAddresses("http://api", "/backend");
  expect(rewriteHeader("content-type", "application/vnd.api+json", "http://api/x")).toBe(
    "application/vnd.api+json",
  );
  expect(rewriteHeader("x-next", "http://api/y", "http://api/x")).toBe("/backend/y");
});

test.each([
  ["link", "<".repeat(100_000)],
  ["link", `<a>; anchor="${"<".repeat(100_000)}`],
  ["refresh", `1; url="${" ".repeat(100_000)}!`],
  ["refresh", `1; url="${"a ".repeat(50_000)}`],
])("the time for a long %s header grows in proportion to its length", (name, value) => {
  const started = performance.now();
  rewrite(name, value);
  // With the square of the length it is 15 seconds and more.
  expect(performance.now() - started).toBeLessThan(3_000);
});
