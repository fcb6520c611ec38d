import type { ReactNode } from "react";
import { LanguageSwitch } from "@/app/_components/language-switch";

export default function BlogLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="mx-auto max-w-4xl px-4 pt-4">
        <LanguageSwitch />
      </header>
      {children}
    </>
  );
}
