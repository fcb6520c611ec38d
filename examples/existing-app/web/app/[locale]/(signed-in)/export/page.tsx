import type { Locale } from "next-intl";
import { getTranslations } from "next-intl/server";
import { backend } from "@/lib/server/backend";
import { requireSession } from "@/lib/server/page-session";

/** FastAPI needs some time for this. The page waits for as long as the gate does. */
export default async function ExportPage({ params }: { params: Promise<{ locale: Locale }> }) {
  await requireSession(`/${(await params).locale}/export`);
  const api = await backend();
  const rows = await api.get("/api/export", { params: { query: { seconds: 9 } } });
  const t = await getTranslations("Export");
  return <h1 className="text-2xl font-semibold">{t("done", { count: rows.length })}</h1>;
}
