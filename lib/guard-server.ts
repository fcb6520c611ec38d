import { log } from "./console-log";
import type { Env } from "./env";
import { guardResponses } from "./guard-responses";
import { guardUpgrades } from "./guard-upgrades";

/**
 * Guards the Node server that the app runs in (docs/decisions/016-guards-of-the-server.md). Not on
 * Vercel: there the platform's own server faces the browser.
 */
export function guardServer({ appOrigin, onVercel }: Pick<Env, "appOrigin" | "onVercel">): void {
  if (onVercel) return;
  guardResponses(appOrigin);
  guardUpgrades({
    log,
    randomId: () => crypto.randomUUID(),
    ownPrefix: __DEVELOPMENT__ ? "/_next/hmr" : undefined,
  });
}
