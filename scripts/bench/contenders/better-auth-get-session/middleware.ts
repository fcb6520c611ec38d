import { neon, neonConfig } from "@neondatabase/serverless";
import { betterAuth } from "better-auth";
import { SignJWT } from "jose";
import { NeonDialect } from "kysely-neon";
import { type NextRequest, NextResponse } from "next/server";

/**
 * The way that Better Auth documents: `getSession` with the cookie cache on, and a token signed for
 * each request.
 */

if (process.env.NEON_ENDPOINT) neonConfig.fetchEndpoint = `${process.env.NEON_ENDPOINT}/sql`;

const auth = betterAuth({
  baseURL: process.env.BETTER_AUTH_URL,
  secret: process.env.BETTER_AUTH_SECRET,
  database: { dialect: new NeonDialect({ neon: neon(process.env.DATABASE_URL ?? "") }), type: "postgres" },
  session: { cookieCache: { enabled: true, maxAge: 3600, strategy: "jwt" } },
});
const backendKey = new TextEncoder().encode(process.env.JWT_SECRET_KEY);

export default async function middleware(request: NextRequest): Promise<Response> {
  const { pathname, search } = request.nextUrl;
  const session = await auth.api.getSession({ headers: request.headers });
  if (!session) return new NextResponse(null, { status: 401 });
  const { id, email, name } = session.user;
  const token = await new SignJWT({ email, name })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(id)
    .setIssuer("phase2-web")
    .setAudience("phase2-api")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(backendKey);
  const headers = new Headers(request.headers);
  headers.delete("cookie");
  headers.set("authorization", `Bearer ${token}`);
  const target = process.env.BACKEND_URL + pathname.slice("/backend".length) + search;
  return NextResponse.rewrite(target, { request: { headers } });
}

export const config = { matcher: ["/backend/:path*"] };
