import { log } from "./console-log";
import type { Env } from "./env";
import { guardResponses } from "./guard-responses";
import { guardUpgrades } from "./guard-upgrades";
import { closeIdleConnections } from "./idle-connections";
import { refuseTrace } from "./refuse-trace";

/**
 * Guards the Node server that the app runs in (docs/decisions/018-guards-of-the-server.md). Not on
 * Vercel: there the platform's own server faces the browser.
 */
export function guardServer({ appOrigin, onVercel }: Pick<Env, "appOrigin" | "onVercel">): void {
  if (onVercel) return;
  closeIdleConnections();
  refuseTrace();
  guardResponses(appOrigin);
  guardUpgrades({
    log,
    randomId: () => crypto.randomUUID(),
    ownPrefix: __DEVELOPMENT__ ? "/_next/hmr" : undefined,
  });
}
