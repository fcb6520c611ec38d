import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { expireCookie } from "better-auth/cookies";
import { organization } from "better-auth/plugins/organization";
import { fieldLimits } from "../../auth/field-limits";
import { onPaths } from "./plugin-hooks";
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
      after: [
        // Most of these endpoints leave the cookie cache as it was before the change, so the visitor
        // would see the old organisation for as long as it is trusted. Without it the store is read.
        onPaths(CHANGES, async (context) => expireCookie(context, context.context.authCookies.sessionData)),
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** @throws {APIError} 400 with the field and its limit */
function checkFields(organization: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(organization))
    checkLength(field, value, LIMITS[field] ?? fieldLimits.field);
}
