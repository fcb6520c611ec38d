import { log } from "../../log/console-log";
import { guardResponses } from "./guard-responses";
import { guardUpgrades } from "./guard-upgrades";
import { closeIdleConnections } from "./idle-connections";
import { refuseUnreadable } from "./refuse-unreadable";

/** Installs the guards of the Node server (docs/decisions/018-guards-of-the-server.md). */
export function guardServer(appOrigin: string): void {
  closeIdleConnections();
  refuseUnreadable();
  guardResponses(appOrigin);
  guardUpgrades({
    log,
    randomId: () => crypto.randomUUID(),
    ownPrefix: __DEVELOPMENT__ ? "/_next/hmr" : undefined,
  });
}
