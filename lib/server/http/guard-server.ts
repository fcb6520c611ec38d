import "server-only";
import type { BackendSettings } from "../../backends";
import { withBasePath } from "../../base-path";
import { log } from "../../log/console-log";
import { routes } from "../../routes";
import { limitBackendTimeouts } from "./backend-timeouts";
import { guardResponses } from "./guard-responses";
import { createUpgradeGuard } from "./guard-upgrades";
import { closeIdleConnections } from "./idle-connections";
import type { InFlight } from "./in-flight";
import { interceptEvents } from "./intercept-events";
import { refuseUnreadable } from "./refuse-unreadable";

/** Installs the guards of the Node server (docs/decisions/018-guards-of-the-server.md). */
export function guardServer(
  appOrigin: string,
  backends: readonly BackendSettings[],
  inFlight: InFlight,
): void {
  closeIdleConnections();
  guardResponses(appOrigin, backends, log);
  limitBackendTimeouts(backends);
  const guardUpgrade = createUpgradeGuard({
    log,
    randomId: () => crypto.randomUUID(),
    ownPrefix: __DEVELOPMENT__ ? withBasePath("/_next/hmr", routes) : undefined,
  });
  interceptEvents({
    request: refuseUnreadable,
    upgrade(request, socket) {
      inFlight.addUpgraded(socket);
      return guardUpgrade(request, socket);
    },
  });
}
