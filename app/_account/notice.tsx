import type { ReactNode } from "react";

/**
 * Reports a success. The element exists before its text, so that a screen reader reads the text
 * when it appears.
 */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div role="status" className={children ? "mt-4 rounded-lg bg-line/60 px-4 py-3 break-words" : "sr-only"}>
      {children}
    </div>
  );
}
