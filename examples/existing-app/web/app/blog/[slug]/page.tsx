import Image from "next/image";
import { notFound } from "next/navigation";
import { posts } from "../posts";

export const generateStaticParams = () => posts.map(({ slug }) => ({ slug }));

export default async function PostPage({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  const post = posts.find((known) => known.slug === slug) ?? notFound();
  return (
    <main id="main" className="mx-auto max-w-4xl px-4 py-8">
      <h1 className="text-2xl font-semibold">{post.title}</h1>
      <Image src="/images/harbour.png" alt="The harbour" width={320} height={200} priority />
      <p>{post.text}</p>
    </main>
  );
}
