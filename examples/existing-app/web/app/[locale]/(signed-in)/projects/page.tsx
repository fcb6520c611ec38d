import type { Locale } from "next-intl";
import { getTranslations } from "next-intl/server";
import { buttonClass } from "@/app/_components/button";
import { inputClass } from "@/app/_components/field";
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
      <form action={addProject} className="mt-4 flex max-w-md flex-col gap-2">
        <label>
          {t("name")} <input name="name" required maxLength={80} className={inputClass} />
        </label>
        <button type="submit" className={buttonClass()}>
          {t("add")}
        </button>
      </form>
    </>
  );
}
