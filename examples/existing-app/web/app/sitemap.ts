import type { MetadataRoute } from "next";
import { routing } from "@/i18n/routing";
import { posts } from "./[locale]/blog/posts";

export default function sitemap(): MetadataRoute.Sitemap {
  return posts.map(({ slug }) => {
    const addressIn = (locale: string) => `https://harbour.example/${locale}/blog/${slug}`;
    const languages = Object.fromEntries(routing.locales.map((locale) => [locale, addressIn(locale)]));
    return { url: addressIn(routing.defaultLocale), alternates: { languages } };
  });
}
