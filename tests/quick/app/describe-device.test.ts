import { describe, expect, it, test } from "vitest";
import { describeBrowser, describeLastUse } from "../../../app/_account/describe-device";

describe("describeBrowser", () => {
  const rows: [userAgent: string, name: string][] = [
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
      "Chrome on Windows",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
      "Safari on Mac",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/143.0.0.0 Mobile/15E148 Safari/604.1",
      "Chrome on iPhone",
    ],
    [
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
      "Samsung Internet on Android",
    ],
    ["gatehouse-cli/1.0 (Linux)", "Gatehouse CLI on Linux"],
    ["gatehouse-cli/1.0", "Gatehouse CLI"],
    ["constructor/1.0", "Unknown browser"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"],
    [
      "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
      "Chrome on ChromeOS",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 OPR/125.0.0.0",
      "Opera on Windows",
    ],
    ["Mozilla/5.0 (Linux; U) Something/1.0", "A browser on Linux"],
    ["curl/8.14.1", "Unknown browser"],
    ["", "Unknown browser"],
  ];
  test.each(rows)("turns %j into %s", (userAgent, name) => {
    expect(describeBrowser(userAgent)).toBe(name);
  });
});

describe("describeLastUse at 12:00 on 23 November", () => {
  const now = new Date("2026-11-23T12:00:00Z");
  it.each([
    ["2026-11-23T11:59:00Z", "Used within the last day"],
    // The clock of another instance is ahead.
    ["2026-11-23T12:00:05Z", "Used within the last day"],
    ["2026-11-23T10:50:00Z", "Used within the last day"],
    ["2026-11-22T12:10:00Z", "Used within the last day"],
    ["2026-11-22T11:00:00Z", "Last used about one day ago"],
    ["2026-11-17T12:00:00Z", "Last used about 6 days ago"],
  ])("turns %s into: %s", (lastUsed, text) => {
    expect(describeLastUse(new Date(lastUsed), now)).toBe(text);
  });
});
