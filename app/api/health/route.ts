/** Reports that the app itself is alive. It does not check the database or the backend. */
export function GET(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
}
