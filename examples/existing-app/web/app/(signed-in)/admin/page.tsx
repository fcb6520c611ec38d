import { backend } from "../../../lib/server/backend";
import { requireRole } from "../../../lib/server/page-session";

export default async function AdminPage() {
  await requireRole("/admin", "admin");
  const orders = await (await backend()).get("/api/admin/orders");
  return <h1 className="text-2xl font-semibold">{orders.length} paid orders</h1>;
}
