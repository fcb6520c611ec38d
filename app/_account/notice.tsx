import type { ReactNode } from "react";

/** Something went well. The element is there before its words are, so that a screen reader reads them as they come. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div role="status" className={children ? "mt-4 rounded-lg bg-line/60 px-4 py-3 break-words" : "sr-only"}>
      {children}
    </div>
  );
}
