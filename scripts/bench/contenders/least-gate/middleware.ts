import { type NextRequest, NextResponse } from "next/server";

/**
 * The least that a gate can do: it copies the request's headers and sets an `Authorization` that is
 * always the same. It checks no session.
 */

const authorization = process.env.BENCH_AUTHORIZATION ?? "";

export default function middleware({ headers, nextUrl: { pathname, search } }: NextRequest): Response {
  const copy = new Headers(headers);
  copy.set("authorization", authorization);
  const target = process.env.BACKEND_URL + pathname.slice("/backend".length) + search;
  return NextResponse.rewrite(target, { request: { headers: copy } });
}

export const config = { matcher: ["/backend/:path*"] };
