"use client";

import { type Locale, useLocale, useTranslations } from "next-intl";
import { usePathname, useRouter } from "@/i18n/navigation";
import { routing } from "@/i18n/routing";

export function LanguageSwitch() {
  const t = useTranslations("LanguageSwitch");
  const pathname = usePathname();
  const router = useRouter();
  return (
    <label>
      {t("label")}{" "}
      <select
        value={useLocale()}
        onChange={({ target }) => router.replace(pathname, { locale: target.value as Locale })}
        className="min-h-11 rounded-lg bg-card px-2"
      >
        {routing.locales.map((locale) => (
          <option key={locale} value={locale}>
            {t(locale)}
          </option>
        ))}
      </select>
    </label>
  );
}
