import { connection } from "next/server";
import type { ReactNode } from "react";
import { Brand } from "@/app/_components/brand";
import { Toasts } from "@/app/_components/toasts";
import { NavLinks } from "./nav-links";
import { OfflineNote } from "./offline-note";
import { UserMenu } from "./user-menu";

/** Does not wait for the session, so it shows at once. Each page below reads the session itself. */
export default async function SignedInLayout({ children }: { children: ReactNode }) {
  // Renders these pages for each request: their scripts need the nonce of the response
  // (docs/static-pages.md).
  await connection();
  return (
    <>
      <header className="border-b border-line bg-card">
        <div className="mx-auto flex max-w-4xl flex-wrap items-center gap-x-1 px-4 py-2 sm:gap-x-6 sm:px-6">
          <Brand short />
          <NavLinks />
          <UserMenu />
        </div>
      </header>
      {/* The bottom padding leaves room to scroll the end of a page above the floating notices. */}
      <main id="main" className="mx-auto max-w-4xl px-4 pt-8 pb-24 sm:px-6">
        {children}
      </main>
      <div className="pointer-events-none fixed inset-x-4 bottom-4 z-20 mx-auto flex max-w-md flex-col gap-2">
        <Toasts />
        <OfflineNote />
      </div>
    </>
  );
}
