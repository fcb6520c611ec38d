import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { setCookieCache } from "better-auth/cookies";
import { organization } from "better-auth/plugins/organization";
import { fieldLimits } from "../../auth/field-limits";
import { type HookContext, onPaths } from "./plugin-hooks";
import { checkLength } from "./stored-fields";

/** The endpoints that change the active organisation, or what its token says. */
const CHANGES = [
  "/organization/create",
  "/organization/update",
  "/organization/delete",
  "/organization/set-active",
  "/organization/accept-invitation",
  "/organization/remove-member",
  "/organization/update-member-role",
  "/organization/leave",
];

/** Maximum lengths of the columns of an organisation. A column of your own: `fieldLimits.field`. */
const LIMITS: Readonly<Record<string, number>> = {
  name: fieldLimits.name,
  slug: fieldLimits.slug,
  logo: fieldLimits.image,
  metadata: fieldLimits.validatedField,
};

/**
 * Organisations with members and invitations, by Better Auth's plugin (`lib/organizations.ts`). Its
 * other options belong here: your own roles, limits, or the email of an invitation.
 */
export function organizationPlugins() {
  return [
    organization({
      organizationLimit: 20,
      // Attack: a person who signs up with the address of another one accepts the invitation to it.
      // Defence: only a user who has verified the address can accept.
      requireEmailVerificationOnInvitation: true,
      organizationHooks: {
        beforeCreateOrganization: async ({ organization }) => checkFields(organization),
        beforeUpdateOrganization: async ({ organization }) => checkFields(organization),
      },
    }),
    organizationRules(),
  ];
}

/** What Better Auth's plugin does not do. */
function organizationRules() {
  return {
    id: "organization-rules",
    hooks: {
      after: [onPaths(CHANGES, renewCookieCache)],
    },
  } satisfies BetterAuthPlugin;
}

/**
 * Most of these endpoints set a cookie cache from before the change, so the visitor would see the
 * old organisation for as long as it is trusted. This one is new: no gate has it in memory, and it
 * proves no membership, so the gate reads the store (`edge/session/cookie-cache.ts`).
 */
async function renewCookieCache(context: HookContext): Promise<void> {
  const { internalAdapter, authCookies, secret } = context.context;
  const token = await context.getSignedCookie(authCookies.sessionToken.name, secret);
  const found = token && (await internalAdapter.findSession(token));
  if (!found) return;
  const isForgotten = await context.getSignedCookie(authCookies.dontRememberToken.name, secret);
  await setCookieCache(context, found, Boolean(isForgotten));
}

/** @throws {APIError} 400 with the field and its limit */
function checkFields(organization: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(organization))
    checkLength(field, value, LIMITS[field] ?? fieldLimits.field);
}
