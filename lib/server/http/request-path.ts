import "server-only";
import type { IncomingMessage } from "node:http";

/** The path as Next and the gate see it, without dot segments. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  const base = "http://localhost";
  return URL.canParse(url, base) ? new URL(url, base).pathname : url;
}

/** Next removes `.rsc` from a path before the gate sees it. */
export function isBackendPath(path: string, prefix: string): boolean {
  const next = path[prefix.length];
  return path.startsWith(prefix) && (next === undefined || next === "/" || next === ".");
}
