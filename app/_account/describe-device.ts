import { nameOfClient } from "@/lib/programs";

/**
 * Turns a `User-Agent` into a name that people know. The order of the patterns matters, because the
 * header contains several names: nearly every browser also claims to be Safari, and Edge claims to
 * be Chrome.
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
  // RFC 9110 §10.1.5: a program puts its own name first.
  const program = nameOfClient(userAgent.split("/", 1)[0] ?? "");
  const browser = program ?? browsers.find(([mark]) => mark.test(userAgent))?.[1];
  const system = systems.find(([mark]) => mark.test(userAgent))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (system ? `A browser on ${system}` : "Unknown browser");
}

const DAY = 24 * 60 * 60 * 1000;

/** The database records the use of a device only once a day, so the text cannot be more precise. */
export function describeLastUse(lastUsed: Date, now: Date): string {
  const passed = now.getTime() - lastUsed.getTime();
  if (passed < DAY) return "Used within the last day";
  const days = Math.round(passed / DAY);
  return `Last used about ${days === 1 ? "one day" : `${days} days`} ago`;
}
