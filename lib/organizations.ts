/**
 * Whether users can form organisations, by Better Auth's `organization` plugin. A session can then
 * have an active organisation, and the token has the claim `org`: its id, its slug, and the
 * member's role (docs/organizations.md). After a change of this line, run `npm run migrate`.
 */
export const organizations: boolean = false;
