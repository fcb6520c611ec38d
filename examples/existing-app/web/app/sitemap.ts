import type { MetadataRoute } from "next";
import { posts } from "./blog/posts";

export default function sitemap(): MetadataRoute.Sitemap {
  return posts.map(({ slug }) => ({ url: `https://harbour.example/blog/${slug}` }));
}
