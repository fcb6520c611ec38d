import { backend } from "../../../lib/server/backend";
import { requireSession } from "../../../lib/server/page-session";

/** FastAPI needs some time for this. The page waits for as long as the gate does. */
export default async function ExportPage() {
  await requireSession("/export");
  const api = await backend();
  const rows = await api.get("/api/export", { params: { query: { seconds: 9 } } });
  return <h1 className="text-2xl font-semibold">Exported {rows.length} projects</h1>;
}
