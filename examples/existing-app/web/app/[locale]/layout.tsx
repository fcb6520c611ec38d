import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { hasLocale, NextIntlClientProvider } from "next-intl";
import { setRequestLocale } from "next-intl/server";
import type { ReactNode } from "react";
import { routing } from "@/i18n/routing";
import { Document } from "../_components/document";

export const metadata: Metadata = { title: { default: "Harbour", template: "%s · Harbour" } };

export const generateStaticParams = () => routing.locales.map((locale) => ({ locale }));

interface Props {
  children: ReactNode;
  params: Promise<{ locale: string }>;
}

export default async function LocaleLayout({ children, params }: Props) {
  const { locale } = await params;
  if (!hasLocale(routing.locales, locale)) notFound();
  setRequestLocale(locale);
  return (
    <Document lang={locale}>
      <NextIntlClientProvider>{children}</NextIntlClientProvider>
    </Document>
  );
}
