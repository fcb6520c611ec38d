import Image from "next/image";
import type { ReactNode } from "react";
import { Card } from "../_components/card";

/** The team's own frame around the gate's sign-in and sign-up pages, with a logo from `public/`. */
export default function GuestLayout({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto max-w-md px-4 pb-12">
      <header className="flex justify-center py-6">
        <Image src="/images/logo.svg" alt="Harbour" width={64} height={64} />
      </header>
      <main id="main">
        <Card>{children}</Card>
      </main>
    </div>
  );
}
