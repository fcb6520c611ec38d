import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError } from "better-auth/api";
import { type DeviceAuthorizationGrant, deviceAuthorization } from "better-auth/plugins/device-authorization";
import { cutText, fieldLimits } from "../../auth/field-limits";
import { withBasePath } from "../../base-path";
import { nameOfClient } from "../../programs";
import { routes } from "../../routes";
import { requireSession } from "./account-rules";
import { readAddress } from "./attempt-keys";
import { hasSucceeded, onPaths } from "./plugin-hooks";

/** How long a user has to enter the code. */
const LIFE_MINUTES = 10;

/** The page on which the user enters the code. */
const PAGE = withBasePath("/device", routes);

/** Stores where a request came from, because the user has to recognise it. */
const grant: DeviceAuthorizationGrant = {
  requestSchemaFields: {},
  deviceCodeSchemaFields: {
    userAgent: { type: "string", required: false },
    ipAddress: { type: "string", required: false },
  },
  authorizeRequest({ ctx, request: { client_id, scope, user_id } }) {
    if (client_id === undefined || nameOfClient(client_id) === undefined)
      throw refusal("invalid_client", "lib/programs.ts has no program with this client_id");
    // The session can do what the user can. An API key is for a program that may do less.
    if (scope || user_id) throw refusal("invalid_scope", "A device sign-in has no scope and no user_id");
    const headers = ctx.request?.headers ?? new Headers();
    return {
      clientId: client_id,
      deviceCodeFields: {
        userAgent: cutText(headers.get("user-agent") ?? "", fieldLimits.userAgent),
        ipAddress: readAddress(headers, ctx.context.options),
      },
    };
  },
  assertSessionRedemption: () => {},
  getVerificationContext: ({ clientId, userAgent, ipAddress, expiresAt }) => ({
    client_name: nameOfClient(String(clientId)),
    user_agent: userAgent,
    ip_address: ipAddress,
    requested_at: new Date((expiresAt as Date).getTime() - LIFE_MINUTES * 60_000),
  }),
};

/**
 * The sign-in of a program without a browser (RFC 8628), by Better Auth's plugin. The program
 * receives a session of the user. A user code has 8 of 32 characters: 40 bits. It lives for 10
 * minutes, and an account can try 10 in a minute.
 *
 * Attack (RFC 8628 §5.4, remote phishing): the attacker starts a sign-in and makes the user approve
 * it. Defence: the page shows the program, its address and what it will be able to do, and asks
 * whether the user started it.
 */
export function deviceSignIn() {
  return [
    deviceAuthorization<DeviceAuthorizationGrant>({
      verificationUri: PAGE,
      expiresIn: `${LIFE_MINUTES}m`,
      interval: "5s",
      userCodeLength: 8,
      grant,
    }),
    deviceRules(),
  ];
}

/** What Better Auth's plugin does not do. */
function deviceRules() {
  return {
    id: "device-rules",
    hooks: {
      before: [
        // Without this, anyone could try user codes without signing in.
        onPaths(["/device"], async (context) => {
          await requireSession(context);
        }),
      ],
      after: [
        // Attack: with a stolen session, the attacker approves a sign-in of their own. The new session
        // would be a recent sign-in, without the password. Defence: it is never recent.
        onPaths(["/device/token"], async (context) => {
          const { adapter, newSession } = context.context;
          if (!newSession || !hasSucceeded(context)) return;
          await adapter.update({
            model: "session",
            where: [{ field: "id", value: newSession.session.id }],
            update: { createdAt: new Date(0) },
          });
        }),
        // Attack: a sign-in that was approved before the sessions ended would give a new one after
        // that. A new password does the same (`lib/server/auth/ended-credentials.ts`).
        onPaths(["/revoke-sessions", "/revoke-other-sessions"], async (context) => {
          const { adapter, session } = context.context;
          if (!session || !hasSucceeded(context)) return;
          await adapter.deleteMany({
            model: "deviceCode",
            where: [{ field: "userId", value: session.user.id }],
          });
        }),
        // Better Auth deletes a code only when its program asks for it again.
        onPaths(["/device/code"], async (context) => {
          if (!hasSucceeded(context)) return;
          await context.context.adapter.deleteMany({
            model: "deviceCode",
            where: [{ field: "expiresAt", operator: "lt", value: new Date() }],
          });
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** RFC 6749 §5.2. */
function refusal(error: string, error_description: string): APIError {
  return new APIError("BAD_REQUEST", { error, error_description });
}
