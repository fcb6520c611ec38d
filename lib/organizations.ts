/**
 * Whether users can form organisations, by Better Auth's `organization` plugin. A session then has
 * an active organisation, and the token has the claim `org`: its id, its slug, and the member's role
 * (docs/authorization.md). After you have changed this line, run `npm run migrate`.
 */
export const organizations: boolean = false;
