import { type NextRequest, NextResponse } from "next/server";

/** The lower bound: forwards the request and checks no session. */
export default function middleware({ nextUrl: { pathname, search } }: NextRequest): Response {
  return NextResponse.rewrite(process.env.BACKEND_URL + pathname.slice("/backend".length) + search);
}

export const config = { matcher: ["/backend/:path*"] };
