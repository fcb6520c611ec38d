/**
 * A browser by its `User-Agent`, as people call it. The names in there overlap (everything claims to be Safari, and Edge
 * to be Chrome), so the order counts.
 */

const browsers: readonly [mark: RegExp, name: string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\/|\bChromium\//, "Chrome"],
  [/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
];

const systems: readonly [mark: RegExp, name: string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMacintosh\b|\bMac OS X\b/, "Mac"],
  [/\bLinux\b/, "Linux"],
];

export function describeBrowser(userAgent: string): string {
  const browser = browsers.find(([mark]) => mark.test(userAgent))?.[1];
  const system = systems.find(([mark]) => mark.test(userAgent))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (system ? `A browser on ${system}` : "An unknown program");
}

const DAY = 24 * 60 * 60 * 1000;

/** The database is told of a device's use once a day, so nothing finer can be said. */
export function describeLastUse(lastUsed: Date, now: Date): string {
  const passed = now.getTime() - lastUsed.getTime();
  if (passed < DAY) return "Used within the last day";
  const days = Math.round(passed / DAY);
  return `Last used about ${days === 1 ? "one day" : `${days} days`} ago`;
}
