import { connection } from "next/server";
import type { ReactNode } from "react";
import { Brand } from "@/app/_components/brand";
import { Card } from "@/app/_components/card";

/** Layout of sign-in and sign-up: a card in the middle, without other navigation. */
export default async function GuestLayout({ children }: { children: ReactNode }) {
  // Renders these pages for each request: their scripts need the nonce of the response
  // (docs/static-pages.md).
  await connection();
  return (
    <div className="mx-auto max-w-md px-4 pb-12">
      <header className="flex justify-center py-6 sm:pt-16">
        <Brand />
      </header>
      <main id="main">
        <Card>{children}</Card>
      </main>
    </div>
  );
}
