/** Says that the app itself is alive; it asks nothing of the database or the backend. */
export function GET(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
}
