import "server-only";
import { createHash } from "node:crypto";
import type { BetterAuthPlugin } from "better-auth";
import { withBasePath } from "../../base-path";
import { routes } from "../../routes";
import type { AttemptCounter } from "./attempt-counter";
import { readEmailLink } from "./email-links";
import { hasSucceeded, onPaths } from "./plugin-hooks";

/** The first use of the link leads to this page too (lib/server/auth/email-callbacks.ts). */
const APPROVED_PAGE = withBasePath("/verify-email?done=approved", routes);

/**
 * Seconds. If a use is interrupted, for example by a crash, the link works again after this time.
 */
const CLAIM_SECONDS = 30;

/** Seconds. A used link is remembered for this long after it has expired, because clocks differ. */
const MARGIN_SECONDS = 60 * 60;

/**
 * Makes the link that approves a change of email work only once. Better Auth sends an email each
 * time this link is opened. Here every later use redirects to the same page and sends nothing, so a
 * person whose mail scanner opened the link first sees no error.
 *
 * The other links in emails have no effect when they are used again: Better Auth deletes the token
 * of a password reset, and a link that confirms a new address also names the address that it
 * replaces.
 */
export function singleUseLinks(counter: AttemptCounter) {
  /**
   * Requests that are the first use of a link. `expiresAt`: when the link expires, in seconds since
   * the epoch.
   */
  const firstUses = new WeakMap<Request, { key: string; expiresAt: number }>();

  const paths = ["/verify-email"];
  return {
    id: "single-use-links",
    hooks: {
      before: [
        onPaths(paths, async (context) => {
          const { request } = context;
          const link = await readEmailLink(context);
          // Other links are not stored: a caller could invent any number of them.
          if (!request || link?.exp === undefined || link.requestType !== "change-email-confirmation") return;
          const key = createHash("sha256")
            .update(`link ${signedPart(context.query?.token)}`)
            .digest("base64url");
          if (!(await counter.claim(key, CLAIM_SECONDS))) throw context.redirect(APPROVED_PAGE);
          firstUses.set(request, { key, expiresAt: link.exp });
          // An address that the caller chooses could contain an `error`, and make a success look
          // like a failure.
          return { context: { query: { ...context.query, callbackURL: APPROVED_PAGE } } };
        }),
      ],
      after: [
        onPaths(paths, async (context) => {
          const use = context.request && firstUses.get(context.request);
          if (!use) return;
          if (hasSucceeded(context)) {
            await counter.keep(use.key, use.expiresAt - Date.now() / 1000 + MARGIN_SECONDS);
          } else await counter.release(use.key);
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}

/**
 * Header and payload of a JWT. Its signature has more than one spelling: decoders ignore the
 * padding bits of the last character and white space, and treat "+" as "-".
 */
function signedPart(token: unknown): string {
  const text = String(token);
  return text.slice(0, text.lastIndexOf("."));
}
