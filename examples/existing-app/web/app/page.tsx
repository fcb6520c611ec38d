import Link from "next/link";

export default function HomePage() {
  return (
    <main id="main" className="mx-auto max-w-4xl px-4 py-8">
      <h1 className="text-2xl font-semibold">Harbour</h1>
      <p>
        <Link href="/blog">Blog</Link> · <Link href="/projects">Projects</Link>
      </p>
    </main>
  );
}
