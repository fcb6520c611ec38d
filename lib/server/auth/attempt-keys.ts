import "server-only";
import type { BetterAuthOptions } from "better-auth";
import { getAuthoritativeSessionFromCtx, getIP } from "better-auth/api";
import { limits, limitsOf } from "./endpoints";
import type { HookContext } from "./plugin-hooks";

/** The user id of the session. It is read only if a limit counts by it. */
export async function readSessionUser(context: HookContext): Promise<string | undefined> {
  if (!limitsOf(context.path).some((name) => limits[name].account === "session")) return undefined;
  return (await getAuthoritativeSessionFromCtx(context))?.user.id;
}

/**
 * The client's address as Better Auth reads it. An IPv6 address is reduced to its /64, a mapped
 * IPv4 address becomes that IPv4 address, and a list of addresses is ignored. Null if the address
 * is not known.
 */
export function readAddress(headers: Headers, options: BetterAuthOptions): string | null {
  const inLowerCase = new Headers();
  // Better Auth does not recognise a mapped address in upper case, such as "::FFFF:c000:207".
  for (const name of options.advanced?.ipAddress?.ipAddressHeaders ?? []) {
    inLowerCase.set(name, headers.get(name)?.toLowerCase() ?? "");
  }
  return getIP(inLowerCase, options);
}

/** Emails are compared case-insensitively, as Better Auth does. */
export function readEmail(value: unknown): string | undefined {
  return typeof value === "string" ? value.toLowerCase() : undefined;
}

/**
 * The token of a link, from each place where an endpoint reads it. Undefined if it does not have
 * the form of a token.
 */
export function readLinkToken({ body, params, query }: HookContext): string | undefined {
  const token: unknown = body?.token || params?.token || query?.token;
  return typeof token === "string" && /^[\w.-]{1,2000}$/.test(token) ? token : undefined;
}
