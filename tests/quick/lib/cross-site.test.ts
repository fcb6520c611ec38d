import { expect, test } from "vitest";
import { isCrossSite } from "../../../lib/cross-site";

const OURS = "https://app.example.com";

type Row = [sentence: string, headers: Record<string, string>, crossSite: boolean];

const rows: Row[] = [
  ["a page of ours", { "sec-fetch-site": "same-origin", origin: OURS }, false],
  ["the address bar", { "sec-fetch-site": "none" }, false],
  ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, true],
  ["a sister domain", { "sec-fetch-site": "same-site", origin: "https://other.example.com" }, true],
  ["another site that claims our origin", { "sec-fetch-site": "cross-site", origin: OURS }, true],
  ["a value that no browser sends", { "sec-fetch-site": "friendly" }, true],
  ["an older browser on a page of ours", { origin: OURS }, false],
  ["an older browser on another site", { origin: "https://evil.example" }, true],
  ["an older browser in a sandboxed frame", { origin: "null" }, true],
  ["our host on another port", { origin: "https://app.example.com:8443" }, true],
  ["our host without TLS", { origin: "http://app.example.com" }, true],
  ["a host that begins like ours", { origin: "https://app.example.com.evil.example" }, true],
  ["a program, which sends neither", {}, false],
];

test.each(rows)("%s", (_, headers, crossSite) => {
  expect(isCrossSite(new Headers(headers), true, [OURS])).toBe(crossSite);
});

test.each(rows)("%s, by a method that changes nothing", (_, headers) => {
  expect(isCrossSite(new Headers(headers), false, [OURS])).toBe(false);
});
