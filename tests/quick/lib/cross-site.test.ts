import { expect, test } from "vitest";
import { isCrossSite } from "../../../lib/cross-site";

const OURS = "https://app.example.com";

type Row = [sender: string, crossSite: boolean, headers: Record<string, string>];

const rows: Row[] = [
  ["a page of ours", false, { "sec-fetch-site": "same-origin", origin: OURS }],
  ["the address bar", false, { "sec-fetch-site": "none" }],
  ["another site", true, { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
  ["a sibling domain", true, { "sec-fetch-site": "same-site", origin: "https://other.example.com" }],
  ["another site that claims our origin", true, { "sec-fetch-site": "cross-site", origin: OURS }],
  ["a client with a value that no browser sends", true, { "sec-fetch-site": "friendly" }],
  ["an older browser on a page of ours", false, { origin: OURS }],
  ["an older browser on another site", true, { origin: "https://evil.example" }],
  ["an older browser in a sandboxed frame", true, { origin: "null" }],
  ["our host on another port", true, { origin: "https://app.example.com:8443" }],
  ["our host without TLS", true, { origin: "http://app.example.com" }],
  ["a host that begins like ours", true, { origin: "https://app.example.com.evil.example" }],
  ["a program that sends neither header", false, {}],
];

test.each(rows)("an unsafe request from %s is cross-site: %s", (_, crossSite, headers) => {
  expect(isCrossSite(new Headers(headers), true, [OURS])).toBe(crossSite);
});

test.each(rows)("a safe request from %s never counts as cross-site", (_, __, headers) => {
  expect(isCrossSite(new Headers(headers), false, [OURS])).toBe(false);
});
