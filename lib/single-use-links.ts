import { createHash } from "node:crypto";
import type { BetterAuthPlugin } from "better-auth";
import { createAuthMiddleware } from "better-auth/api";
import { jwtVerify } from "jose";
import type { AttemptCounter } from "./attempt-counter";
import { hasSucceeded } from "./auth-limits";

type Handler = Parameters<typeof createAuthMiddleware>[0];
type Context = Parameters<Handler>[0];

/** Where the first use of the link leads too (lib/account-options.ts). */
const APPROVED_PAGE = "/verify-email?done=approved";

/** Seconds. A use that was cut off, by a crash for instance, leaves the link usable again after this. */
const IN_PROGRESS = 30;

/** Seconds. A used link is remembered for so long after it has expired: clocks differ. */
const MARGIN = 60 * 60;

/**
 * Better Auth sends an email each time the link that approves a change of email is followed. Here the link works once:
 * every later use leads to the same page and sends nothing, so that the person whose mail scanner was faster sees no
 * error. The other links of emails can do nothing twice: Better Auth deletes the token of a reset, and the links that
 * confirm an address name the address that they replace.
 */
export function singleUseLinks(counter: AttemptCounter) {
  /** The links whose first use a request is, and when they expire: seconds since the epoch. */
  const firstUses = new WeakMap<Request, { key: string; expiresAt: number }>();

  const isLink = ({ path }: { path?: string }) => path === "/verify-email";
  return {
    id: "single-use-links",
    hooks: {
      before: [
        {
          matcher: isLink,
          handler: createAuthMiddleware(async (context) => {
            const { request } = context;
            const expiresAt = await readApproval(context);
            if (!request || expiresAt === undefined) return;
            const key = createHash("sha256")
              .update(`link ${signedPart(context.query?.token)}`)
              .digest("base64url");
            if (!(await counter.claim(key, IN_PROGRESS))) throw context.redirect(APPROVED_PAGE);
            firstUses.set(request, { key, expiresAt });
            // An address that the caller chooses may hold an `error`, and make a success look like a failure.
            return { context: { query: { ...context.query, callbackURL: APPROVED_PAGE } } };
          }),
        },
      ],
      after: [
        {
          matcher: isLink,
          handler: createAuthMiddleware(async ({ request, context }) => {
            const use = request && firstUses.get(request);
            if (!use) return;
            if (hasSucceeded(context.returned)) {
              await counter.keep(use.key, use.expiresAt - Date.now() / 1000 + MARGIN);
            } else await counter.release(use.key);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

/**
 * When the link expires, if it is a genuine one that approves a change of email. Others leave no trace: a caller could
 * invent them without end.
 */
async function readApproval({ query, context }: Context): Promise<number | undefined> {
  const secret = new TextEncoder().encode(context.secret);
  try {
    const { payload } = await jwtVerify(String(query?.token), secret, { algorithms: ["HS256"] });
    return payload.requestType === "change-email-confirmation" ? payload.exp : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Header and payload of a JWT. Its signature has more than one spelling: decoders ignore the padding bits of the last
 * character and white space, and take "+" for "-".
 */
function signedPart(token: unknown): string {
  const text = String(token);
  return text.slice(0, text.lastIndexOf("."));
}
