import type { Locale } from "next-intl";
import { getTranslations } from "next-intl/server";
import { backend } from "@/lib/server/backend";
import { requireRole } from "@/lib/server/page-session";

export default async function AdminPage({ params }: { params: Promise<{ locale: Locale }> }) {
  await requireRole(`/${(await params).locale}/admin`, "admin");
  const orders = await (await backend()).get("/api/admin/orders");
  const t = await getTranslations("Admin");
  return <h1 className="text-2xl font-semibold">{t("orders", { count: orders.length })}</h1>;
}
