import type { ReactNode } from "react";

/** Below it, each layout has the `<html>` of its language (`_components/document.tsx`). */
export default function RootLayout({ children }: { children: ReactNode }) {
  return children;
}
