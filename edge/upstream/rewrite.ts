/**
 * Lets the platform forward the request to the backend. It does what `NextResponse.rewrite` does,
 * in Next's own notation, without copying the headers twice (docs/decisions/011-the-warm-path.md).
 * It never sets a cookie: Next sends the headers of a rewrite to the upstream as well.
 */
export function rewrite(target: string, headers: ReadonlyMap<string, string>, requestId: string): Response {
  const all: Record<string, string> = {
    "x-middleware-rewrite": target,
    "x-middleware-override-headers": [...headers.keys()].join(","),
    "x-request-id": requestId,
  };
  for (const [name, value] of headers) all[`x-middleware-request-${name}`] = value;
  return new Response(null, { headers: all });
}
