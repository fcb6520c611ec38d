"use client";

import { useTranslations } from "next-intl";
import { Link } from "@/i18n/navigation";

/** Part of every page, so it must not read the request: static pages would no longer be static. */
export default function NotFound() {
  const t = useTranslations("NotFound");
  return (
    <main id="main" className="mx-auto max-w-4xl px-4 py-8">
      <h1 className="text-2xl font-semibold">{t("title")}</h1>
      <Link href="/" className="text-accent underline">
        {t("home")}
      </Link>
    </main>
  );
}
