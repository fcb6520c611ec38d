import { jwtVerify, SignJWT } from "jose";
import { type NextRequest, NextResponse } from "next/server";

/**
 * A common hand-written way: for each request, verify a JWT in the cookie and sign a new one for
 * the backend.
 */

const encoder = new TextEncoder();
const cookieKey = encoder.encode(process.env.BETTER_AUTH_SECRET);
const backendKey = encoder.encode(process.env.JWT_SECRET_KEY);

export default async function middleware(request: NextRequest): Promise<Response> {
  const { pathname, search } = request.nextUrl;
  const cookie = request.cookies.get("__Secure-better-auth.session_data")?.value;
  if (!cookie) return new NextResponse(null, { status: 401 });
  const { payload } = await jwtVerify<{ user: { id: string; email: string; name: string } }>(
    cookie,
    cookieKey,
    { algorithms: ["HS256"] },
  );
  const { id, email, name } = payload.user;
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
