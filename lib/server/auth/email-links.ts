import "server-only";
import { type JWTPayload, jwtVerify } from "jose";
import type { HookContext } from "./plugin-hooks";

/** What the JWT in a link to `/verify-email` contains. */
export interface EmailLink extends JWTPayload {
  /** Undefined if the link only confirms the address. */
  readonly updateTo?: string;
  readonly userId?: string;
  readonly requestType?: string;
}

/** The link of this request. Undefined if it is not genuine, or has expired. */
export async function readEmailLink({ query, context }: HookContext): Promise<EmailLink | undefined> {
  const secret = new TextEncoder().encode(context.secret);
  try {
    return (await jwtVerify<EmailLink>(String(query?.token), secret, { algorithms: ["HS256"] })).payload;
  } catch {
    return undefined;
  }
}
