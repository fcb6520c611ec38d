import type { Locale } from "next-intl";
import { getTranslations } from "next-intl/server";
import { backend } from "@/lib/server/backend";
import { requireSession } from "@/lib/server/page-session";
import { addProject } from "./add-project";

export default async function ProjectsPage({ params }: { params: Promise<{ locale: Locale }> }) {
  await requireSession(`/${(await params).locale}/projects`);
  const projects = await (await backend()).get("/api/projects");
  const t = await getTranslations("Projects");
  return (
    <>
      <h1 className="text-2xl font-semibold">{t("title")}</h1>
      <ul>
        {projects.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      <form action={addProject}>
        <label>
          {t("name")} <input name="name" required maxLength={80} />
        </label>
        <button type="submit">{t("add")}</button>
      </form>
    </>
  );
}
