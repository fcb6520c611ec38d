import type { Locale } from "next-intl";
import { getTranslations, setRequestLocale } from "next-intl/server";
import { Link } from "@/i18n/navigation";
import { LanguageSwitch } from "../_components/language-switch";

export default async function HomePage({ params }: { params: Promise<{ locale: Locale }> }) {
  setRequestLocale((await params).locale);
  const [home, links] = [await getTranslations("Home"), await getTranslations("Links")];
  return (
    <main id="main" className="mx-auto max-w-4xl px-4 py-8">
      <h1 className="text-2xl font-semibold">{home("title")}</h1>
      <nav className="flex gap-4 text-accent underline">
        <Link href="/blog">{links("blog")}</Link>
        <Link href="/projects">{links("projects")}</Link>
      </nav>
      <LanguageSwitch />
    </main>
  );
}
