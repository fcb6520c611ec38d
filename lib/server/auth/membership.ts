import "server-only";
import type { Organization } from "../../token/contract";
import type { Auth } from "./create-auth";

/** A session as Better Auth returns it: with the last field only if its plugin is on. */
export interface SessionOfMember {
  readonly id: string;
  readonly userId: string;
  readonly activeOrganizationId?: string | null;
}

interface StoredMember {
  readonly role: string;
  readonly organization: { readonly id: string; readonly slug: string } | null;
}

/**
 * Reads the organisation that is active in a session from the database, with the user's role.
 * Undefined without one, and if the user is not a member of it.
 */
export async function readMembership(
  adapter: Pick<Awaited<Auth["$context"]>["adapter"], "findMany">,
  { userId, activeOrganizationId }: SessionOfMember,
): Promise<Organization | undefined> {
  if (!activeOrganizationId) return undefined;
  // As in edge/session/statement.ts, the older one of two rows counts.
  const [member] = await adapter.findMany<StoredMember>({
    model: "member",
    where: [
      { field: "userId", value: userId },
      { field: "organizationId", value: activeOrganizationId },
    ],
    sortBy: { field: "createdAt", direction: "asc" },
    limit: 1,
    join: { organization: true },
  });
  if (!member?.organization) return undefined;
  const { id, slug } = member.organization;
  return { id, slug, role: member.role };
}
