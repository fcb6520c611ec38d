import type { ReactNode } from "react";
import { Brand } from "./brand";

/** A page that shows only a message and where to go next, for example an error. */
export function MessagePage({
  title,
  children,
  actions,
}: {
  title: string;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <div className="mx-auto max-w-xl px-4 sm:px-6">
      <header className="py-4">
        <Brand />
      </header>
      <main id="main" className="py-12">
        <h1 className="text-2xl font-semibold">{title}</h1>
        <div className="mt-2 space-y-2 text-muted">{children}</div>
        <div className="mt-6 flex flex-wrap gap-3">{actions}</div>
      </main>
    </div>
  );
}
