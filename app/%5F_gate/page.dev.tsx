import type { Metadata } from "next";
import { LookBoard } from "./look-board";

export const metadata: Metadata = { title: "The gate, live" };

/** What the gate has decided. A page in development alone: a build knows no `page.dev.tsx` (`next.config.ts`). */
export default function LookPage() {
  return <LookBoard />;
}
