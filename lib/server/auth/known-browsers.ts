import "server-only";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { readEmail } from "./attempt-keys";
import type { HookContext } from "./plugin-hooks";

interface User {
  readonly id: string;
}

/** How long a browser stays known, in seconds. Each sign-in starts this time again. */
const KNOWN_FOR = 180 * 24 * 60 * 60;

/**
 * Recognises a browser by a cookie that it gets when its user signs in.
 *
 * Attack: other people fail to sign in on purpose, to use up the attempts of an account and lock
 * its user out. Defence: the attempts of a known browser are counted separately.
 *
 * Each browser has a separate id and count, so that a stolen cookie locks out no other browser. A
 * new password ends all of these cookies: another person may have had the account before.
 */
export function createKnownBrowsers(hash: (...parts: readonly string[]) => string) {
  const cookieOf = ({ context }: HookContext) => context.createAuthCookie("known", { maxAge: KNOWN_FOR });

  /** Undefined for a user without a password. */
  async function sign(context: HookContext, user: User, id: string): Promise<string | undefined> {
    const password = (await context.context.internalAdapter.findCredentialAccount(user.id))?.password;
    return password ? hash("known browser", id, user.id, password) : undefined;
  }

  return {
    /**
     * The id of this browser, if it has signed in before to the account whose email the request
     * contains.
     */
    async find(context: HookContext): Promise<string | undefined> {
      const email = readEmail(context.body?.email);
      const [id = "", signature = ""] = (context.getCookie(cookieOf(context).name) ?? "").split(".");
      // A value of another form costs no lookup.
      if (email === undefined || !/^[\w-]{22}$/.test(id) || !/^[\w-]{43}$/.test(signature)) return undefined;
      const found = await context.context.internalAdapter.findUserByEmail(email);
      // Without a user the second lookup is made as well. Otherwise the response time would reveal
      // who has an account.
      const expected = await sign(context, found?.user ?? { id: "" }, id);
      const isGenuine = expected && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
      return isGenuine ? id : undefined;
    },

    /** Sets the cookie, with a new id. */
    async add(context: HookContext, user: User | null | undefined): Promise<void> {
      if (!user) return;
      const id = randomBytes(16).toString("base64url");
      const signature = await sign(context, user, id);
      if (signature === undefined) return;
      const { name, attributes } = cookieOf(context);
      context.setCookie(name, `${id}.${signature}`, attributes);
    },

    /** Removes the cookie, so that nothing is left in the browser. */
    remove(context: HookContext): void {
      const { name, attributes } = cookieOf(context);
      if (context.getCookie(name)) context.setCookie(name, "", { ...attributes, maxAge: 0 });
    },
  };
}
