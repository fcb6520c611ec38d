"use client";

import { useTranslations } from "next-intl";
import { LanguageSwitch } from "@/app/_components/language-switch";
import { Link, usePathname } from "@/i18n/navigation";

const pages = [
  { href: "/projects", label: "projects" },
  { href: "/export", label: "export" },
] as const;

export function NavLinks() {
  const t = useTranslations("Links");
  const here = usePathname();
  return (
    <>
      <nav aria-label={t("main")} className="flex">
        {pages.map(({ href, label }) => (
          <Link
            key={href}
            href={href}
            aria-current={here === href ? "page" : undefined}
            className="inline-flex min-h-11 items-center rounded-lg px-2 text-muted underline-offset-8 hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-accent aria-[current=page]:decoration-2 sm:px-3"
          >
            {t(label)}
          </Link>
        ))}
      </nav>
      <LanguageSwitch />
    </>
  );
}
