/** The platform's scheduler calls this, with a secret of its own. Vercel Cron sends it this way. */
export function GET(request: Request): Response {
  const secret = process.env.CRON_SECRET;
  if (!secret || request.headers.get("authorization") !== `Bearer ${secret}`) {
    return new Response("The secret is invalid.", { status: 401 });
  }
  return Response.json({ removed: 0 });
}
