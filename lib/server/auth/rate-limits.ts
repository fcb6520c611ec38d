import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import {
  APIError,
  createAuthMiddleware,
  getAuthoritativeSessionFromCtx,
  getIP,
  isAPIError,
} from "better-auth/api";
import { readTrace } from "../../log/request-trace";
import type { Attempt, AttemptCounter } from "./attempt-counter";
import { authEndpoints, type Limit, type LimitName, limits } from "./endpoints";

type Handler = Parameters<typeof createAuthMiddleware>[0];
type Context = Parameters<Handler>[0];
type User = { readonly id: string };

/** How long a browser stays known, in seconds. Each sign-in starts this time again. */
const KNOWN_FOR = 180 * 24 * 60 * 60;

/**
 * Counts attempts by account and by address, with the limits of `lib/server/auth/endpoints.ts`. It runs
 * after Better Auth has parsed the request, so the counted values are those that the endpoint uses.
 * docs/decisions/015-rate-limits.md has the reasons.
 *
 * It must come before the plugins that check passwords and send emails.
 *
 * @param secret keys the hashes: the table contains no email and no address in plain text, and the
 * cookie no email
 */
export function authLimits(counter: AttemptCounter, secret: string) {
  /** Attempts that are removed from the count if the request succeeds. */
  const failuresOnly = new WeakMap<Request, Attempt[]>();
  /** The id of the user whose password a reset link is for. */
  const resetFor = new WeakMap<Request, string>();

  // A derived key. With `secret` itself, the hash that the browser holds would also be a valid
  // signature of Better Auth.
  const key = createHmac("sha256", secret).update("auth-limits").digest();
  const hash = (...parts: readonly string[]) =>
    createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url");

  async function countAll(context: Context, request: Request): Promise<void> {
    const session = await sessionUser(context);
    for (const name of limitsOf(context.path)) {
      const limit: Limit = limits[name];
      // Without a session the endpoint refuses the request at once, so nothing can be guessed.
      if (limit.account === "session" && session === undefined) return;
      const count = async (of: readonly string[], max: number) => {
        const attempt = await counter.count(hash(...of), max);
        if (!attempt.allowed) throw tooMany(attempt, context, request);
        if (limit.counts === "failures") remember(failuresOnly, request, attempt);
      };

      const browser = name === "signIn" ? await knownBrowser(context) : undefined;
      if (browser !== undefined) {
        await count(["known", browser], limit.perAccount);
        continue;
      }
      // The address is checked first: an attempt that it refuses does not count against the
      // account.
      const address = addressOf(request.headers, context.context.options);
      if (address !== null) await count([name, "address", address], limit.perAddress);
      else if (limit.inTotal !== undefined) await count([name, "total"], limit.inTotal);
      const account = await accountOf(limit, session, context, request);
      if (account === undefined) continue;
      const max = (address !== null && limit.perAccountOverall) || limit.perAccount;
      await count([name, "account", account], max);
    }
  }

  async function accountOf(
    { account }: Limit,
    session: string | undefined,
    context: Context,
    request: Request,
  ): Promise<string | undefined> {
    switch (account) {
      case "email":
      case "newEmail":
        return emailIn(context.body?.[account]);
      case "session":
        return session;
      case "link": {
        const token = tokenOf(context);
        if (token === undefined || !context.path.startsWith("/reset-password")) return token;
        const found = await context.context.internalAdapter.findVerificationValue(`reset-password:${token}`);
        if (found) resetFor.set(request, found.value);
        return found?.value ?? token;
      }
      case "none":
        return undefined;
      default:
        account satisfies never;
        return undefined;
    }
  }

  const knownCookie = ({ context }: Context) => context.createAuthCookie("known", { maxAge: KNOWN_FOR });

  /**
   * The id of this browser, if it has signed in before to the account that the request names. Each browser has an id and a
   * count of its own, so that a stolen cookie locks nobody out. A new password ends all of these cookies: somebody else may
   * have had the account before.
   */
  async function knownBrowser(context: Context): Promise<string | undefined> {
    const email = emailIn(context.body?.email);
    const [id = "", given = ""] = (context.getCookie(knownCookie(context).name) ?? "").split(".");
    // A value of another form costs no lookup.
    if (email === undefined || !/^[\w-]{22}$/.test(id) || !/^[\w-]{43}$/.test(given)) return undefined;
    const found = await context.context.internalAdapter.findUserByEmail(email);
    // Without a user the second lookup is made as well: the time must not tell who has an account.
    const expected = await signBrowser(context, found?.user ?? { id: "" }, id);
    return expected && timingSafeEqual(Buffer.from(given), Buffer.from(expected)) ? id : undefined;
  }

  /** Undefined for a user without a password. */
  async function signBrowser(context: Context, user: User, id: string): Promise<string | undefined> {
    const password = (await context.context.internalAdapter.findCredentialAccount(user.id))?.password;
    return password ? hash("known browser", id, user.id, password) : undefined;
  }

  async function becomeKnown(context: Context, user: User | null | undefined): Promise<void> {
    if (!user) return;
    const id = randomBytes(16).toString("base64url");
    const signature = await signBrowser(context, user, id);
    if (signature === undefined) return;
    const { name, attributes } = knownCookie(context);
    context.setCookie(name, `${id}.${signature}`, attributes);
  }

  /** Removes the cookie at sign-out, so that nothing is left in the browser. */
  function becomeUnknown(context: Context): void {
    const { name, attributes } = knownCookie(context);
    if (context.getCookie(name)) context.setCookie(name, "", { ...attributes, maxAge: 0 });
  }

  async function afterSuccess(context: Context, request: Request): Promise<void> {
    for (const attempt of failuresOnly.get(request) ?? []) await counter.takeBack(attempt);
    switch (context.path) {
      case "/sign-in/email":
      case "/sign-up/email":
      case "/change-password":
        // A sign-up that does not sign the user in proves nothing: the account may belong to
        // another person.
        return becomeKnown(context, context.context.newSession?.user);
      case "/reset-password": {
        // The owner of the mailbox can sign in next, even if strangers use up the account's
        // attempts on purpose.
        const { internalAdapter } = context.context;
        return becomeKnown(context, await internalAdapter.findUserById(resetFor.get(request) ?? ""));
      }
      case "/sign-out":
      case "/delete-user":
        return becomeUnknown(context);
    }
  }

  return {
    id: "auth-limits",
    hooks: {
      before: [
        {
          matcher: ({ path }: { path?: string }) => limitsOf(path).length > 0,
          handler: createAuthMiddleware(async (context) => {
            if (context.request) await countAll(context, context.request);
          }),
        },
      ],
      after: [
        {
          matcher: ({ path }: { path?: string }) => isServed(path),
          handler: createAuthMiddleware(async (context) => {
            const { request } = context;
            if (request && hasSucceeded(context.context.returned)) await afterSuccess(context, request);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

function limitsOf(path: string | undefined): readonly LimitName[] {
  return (isServed(path) && authEndpoints[path]?.limits) || [];
}

function isServed(path: string | undefined): path is keyof typeof authEndpoints {
  return path !== undefined && Object.hasOwn(authEndpoints, path);
}

/** The user id of the session. It is read only if a limit counts by it. */
async function sessionUser(context: Context): Promise<string | undefined> {
  if (!limitsOf(context.path).some((name) => limits[name].account === "session")) return undefined;
  return (await getAuthoritativeSessionFromCtx(context))?.user.id;
}

/**
 * The client's address as Better Auth reads it. An IPv6 address is reduced to its /64, a mapped
 * IPv4 address becomes that IPv4 address, and a list of addresses is ignored. Null if the address
 * is not known.
 */
function addressOf(headers: Headers, options: BetterAuthOptions): string | null {
  const inLowerCase = new Headers();
  // Better Auth does not recognise a mapped address in upper case, such as "::FFFF:c000:207".
  for (const name of options.advanced?.ipAddress?.ipAddressHeaders ?? []) {
    inLowerCase.set(name, headers.get(name)?.toLowerCase() ?? "");
  }
  return getIP(inLowerCase, options);
}

/** Emails are compared case-insensitively, as Better Auth does. */
function emailIn(value: unknown): string | undefined {
  return typeof value === "string" ? value.toLowerCase() : undefined;
}

/**
 * The token of a link, from each place where an endpoint reads it. Undefined if it does not have
 * the form of a token.
 */
function tokenOf({ body, params, query }: Context): string | undefined {
  const token: unknown = body?.token || params?.token || query?.token;
  return typeof token === "string" && /^[\w.-]{1,2000}$/.test(token) ? token : undefined;
}

/**
 * Whether the endpoint succeeded. Better Auth redirects after a success, and also after some
 * failures: then the query contains `error`.
 */
export function hasSucceeded(returned: unknown): boolean {
  if (!isAPIError(returned)) return true;
  const location = new Headers(returned.headers).get("location");
  return location !== null && !/[?&]error=/.test(location);
}

function remember(attempts: WeakMap<Request, Attempt[]>, request: Request, attempt: Attempt): void {
  attempts.set(request, [...(attempts.get(request) ?? []), attempt]);
}

/** The page that explains the error to a person who opens a link. */
const pages: Readonly<Record<string, string>> = {
  "/verify-email": "/verify-email",
  "/reset-password/:token": "/reset-password",
  "/callback/:id": "/login",
};

/** Problem details (RFC 9457), with the `message` field that Better Auth's client reads. */
function tooMany({ retryAfter }: Attempt, context: Context, request: Request): Error {
  const page = pages[context.path];
  // Fetch Metadata: a browser opens this URL as a document.
  if (page && request.headers.get("sec-fetch-dest") === "document") {
    return context.redirect(`${page}?error=TOO_MANY_REQUESTS`);
  }
  const detail = `Too many attempts. Try again in ${retryAfter} seconds.`;
  const body = {
    type: "about:blank",
    title: "Too many attempts",
    status: 429,
    detail,
    message: detail,
    code: "TOO_MANY_REQUESTS",
    request_id: readTrace(request.headers).requestId,
  };
  const seconds = String(retryAfter);
  // Better Auth's documentation uses the second header.
  return new APIError("TOO_MANY_REQUESTS", body, { "retry-after": seconds, "x-retry-after": seconds });
}
