import type { Metadata } from "next";
import { EventList } from "./event-list";

export const metadata: Metadata = { title: "Gate events" };

/**
 * Shows the gate's decisions. This page exists only in development: a build does not treat
 * `page.dev.tsx` as a page (`next.config.ts`).
 */
export default function GatePage() {
  return <EventList />;
}
