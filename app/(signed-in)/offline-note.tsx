"use client";

import { useEffect } from "react";
import { OfflineIcon } from "@/app/_components/icons";
import { toast } from "@/app/_components/toast";
import { useOnline } from "@/app/_components/use-online";

/**
 * A note for all pages: without a network, they show the data that was loaded last. The layout does
 * not shift when the note appears or disappears.
 */
export function OfflineNote() {
  const online = useOnline();

  useEffect(() => {
    const showBackOnline = () => toast({ text: "You are back online." });
    window.addEventListener("online", showBackOnline);
    return () => window.removeEventListener("online", showBackOnline);
  }, []);

  return (
    <div role="status" className="flex justify-center">
      {!online && (
        <p className="flex items-center gap-2 rounded-full bg-ink px-4 py-2 text-sm text-page shadow-lg motion-safe:animate-rise">
          <OfflineIcon />
          You are offline. This page shows the data that was loaded last.
        </p>
      )}
    </div>
  );
}
