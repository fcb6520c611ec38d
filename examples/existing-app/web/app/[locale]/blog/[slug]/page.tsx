import Image from "next/image";
import { notFound } from "next/navigation";
import type { Locale } from "next-intl";
import { getTranslations, setRequestLocale } from "next-intl/server";
import { posts } from "../posts";

export const generateStaticParams = () => posts.map(({ slug }) => ({ slug }));

export default async function PostPage({ params }: { params: Promise<{ locale: Locale; slug: string }> }) {
  const { locale, slug } = await params;
  setRequestLocale(locale);
  const post = posts.find((known) => known.slug === slug) ?? notFound();
  const t = await getTranslations("Blog");
  return (
    <main id="main" className="mx-auto max-w-4xl px-4 py-8">
      <h1 className="text-2xl font-semibold">{post[locale].title}</h1>
      <Image src="/images/harbour.png" alt={t("image")} width={320} height={200} priority />
      <p>{post[locale].text}</p>
    </main>
  );
}
