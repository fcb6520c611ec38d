import type { ReactNode } from "react";
import { Document } from "../_components/document";

/** The gate's pages of development. */
export default function DevLayout({ children }: { children: ReactNode }) {
  return <Document lang="en">{children}</Document>;
}
