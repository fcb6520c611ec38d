import type { Metadata } from "next";
import type { ReactNode } from "react";
import { Brand } from "../_components/brand";
import { NavLinks } from "./nav-links";
import { SignOut } from "./sign-out";

export const metadata: Metadata = { robots: { index: false, follow: false } };

/** Reads no session, so that it stands at once; each page below asks for its own. */
export default function SignedInLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="border-b border-line bg-card">
        <div className="mx-auto flex max-w-4xl flex-wrap items-center gap-x-1 px-4 py-2 sm:gap-x-6 sm:px-6">
          <Brand short />
          <NavLinks />
          <SignOut />
        </div>
      </header>
      <main id="main" className="mx-auto max-w-4xl px-4 py-8 sm:px-6">
        {children}
      </main>
    </>
  );
}
