import { describe, expect, it } from "vitest";
import { checkContentSources } from "../../../lib/check-csp";
import { buildPagePolicy } from "../../../lib/content-policy";
import { type ContentSources, contentSources } from "../../../lib/csp";

describe("checkContentSources", () => {
  it.each<ContentSources>([
    contentSources,
    {},
    { images: ["https://images.example.com", "https://*.example.com", "data:", "blob:"] },
    { connections: ["wss://live.example.com:8443", "https://api.example.com/v1/", "http://localhost:8000"] },
    { scripts: ["https://cdn.example.com/a.js", "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"] },
  ])("accepts %j", (sources) => {
    expect(() => checkContentSources(sources)).not.toThrow();
  });

  it.each<[sources: ContentSources, message: string]>([
    [{ images: ["*"] }, 'images: "*" allows every host. List the hosts'],
    [{ images: ["https:"] }, "allows every host"],
    [{ images: ["https://*"] }, "allows every host"],
    [{ images: ["images.example.com"] }, 'is not a host. Write it with its scheme, such as "https://'],
    [{ images: ["http://images.example.com"] }, "is not encrypted"],
    [{ frames: ["https://a.example.com; script-src *"] }, "is not a host"],
    [{ frames: ["https://a.example.com https://b.example.com"] }, "is not a host"],
    [{ frames: ["data:"] }, "allows every host"],
    [{ connections: ["'unsafe-inline'"] }, "is a keyword. Only hosts can be listed"],
    [{ scripts: ["'unsafe-inline'"] }, "is not the hash of a script"],
    [{ scripts: ["'nonce-abc'"] }, "is not the hash of a script"],
    [{ fonts: ["https://a.example.com", "https://a.example.com"] }, "is listed twice"],
  ])("refuses %j", (sources, message) => {
    expect(() => checkContentSources(sources)).toThrow(message);
  });

  it("reports all problems together", () => {
    expect(() => checkContentSources({ images: ["*"], fonts: ["x"] })).toThrow(/images: .*\n.*fonts: /);
  });
});

describe("buildPagePolicy", () => {
  it("adds each list to its directive", () => {
    const host = (name: string) => [`https://${name}.example.com`];
    const policy = buildPagePolicy(
      ["'nonce-x'"],
      {
        images: ["data:", ...host("images")],
        frames: host("frames"),
        connections: host("connections"),
        fonts: host("fonts"),
        styles: host("styles"),
        media: host("media"),
      },
      { secure: true },
    );
    expect(policy.split("; ")).toEqual([
      "default-src 'self'",
      "script-src 'self' 'nonce-x'",
      "style-src 'self' 'unsafe-inline' https://styles.example.com",
      "img-src 'self' data: https://images.example.com",
      "connect-src 'self' https://connections.example.com",
      "font-src 'self' https://fonts.example.com",
      "frame-src 'self' https://frames.example.com",
      "media-src 'self' https://media.example.com",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "upgrade-insecure-requests",
    ]);
  });
});
