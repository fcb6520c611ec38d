import { Document } from "./_components/document";

/** For an address without a language, such as `/api/unknown`. */
export const dynamic = "force-dynamic";

export default function NotFound() {
  return (
    <Document lang="en">
      <main id="main" className="mx-auto max-w-4xl px-4 py-8">
        <h1 className="text-2xl font-semibold">Page not found</h1>
      </main>
    </Document>
  );
}
