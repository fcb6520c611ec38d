"use client";

import { OfflineIcon } from "../_components/icons";
import { useOnline } from "../_components/use-online";

/** Over every list: without a network it is as it was, and says so. Nothing moves when it comes or goes. */
export function OfflineNote() {
  const online = useOnline();
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 top-16 z-10 flex justify-center">
      {!online && (
        <p className="flex items-center gap-2 rounded-full bg-ink px-4 py-2 text-sm text-page shadow-lg motion-safe:animate-rise">
          <OfflineIcon />
          You are offline. This is what you saw last; it goes on when you are back.
        </p>
      )}
    </div>
  );
}
