"use client";

import { useEffect } from "react";
import { OfflineIcon } from "../_components/icons";
import { toast } from "../_components/toast";
import { useOnline } from "../_components/use-online";

/** For every list: without a network it is as it was, and says so. Nothing moves when it comes or goes. */
export function OfflineNote() {
  const online = useOnline();

  useEffect(() => {
    const sayBack = () => toast({ text: "You are back online." });
    window.addEventListener("online", sayBack);
    return () => window.removeEventListener("online", sayBack);
  }, []);

  return (
    <div role="status" className="flex justify-center">
      {!online && (
        <p className="flex items-center gap-2 rounded-full bg-ink px-4 py-2 text-sm text-page shadow-lg motion-safe:animate-rise">
          <OfflineIcon />
          You are offline. This is what you saw last.
        </p>
      )}
    </div>
  );
}
