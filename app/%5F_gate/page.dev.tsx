import type { Metadata } from "next";
import { LookBoard } from "./look-board";

export const metadata: Metadata = { title: "The gate, live" };

/**
 * Shows the gate's decisions. This page exists only in development: a build does not treat
 * `page.dev.tsx` as a page (`next.config.ts`).
 */
export default function LookPage() {
  return <LookBoard />;
}
