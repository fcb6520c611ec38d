"use client";

import { useSyncExternalStore } from "react";

/** What to name when asking for help: the server's log finds the request by either. */
export function RequestId({ digest }: { digest?: string | undefined }) {
  const requestId = useSyncExternalStore(watchHead, readRequestId, () => undefined);
  if (!requestId && !digest) return null;
  return (
    <p className="text-sm">
      If you ask for help, name this request:{" "}
      <code className="break-all select-all">{[requestId, digest].filter(Boolean).join(" / ")}</code>
    </p>
  );
}

/** Next writes it into the head (`app/layout.tsx`), and anew when another page is fetched. */
function readRequestId(): string | undefined {
  const found = document.querySelectorAll<HTMLMetaElement>('meta[name="request-id"]');
  return found.item(found.length - 1)?.content;
}

function watchHead(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributeFilter: ["content"],
  });
  return () => observer.disconnect();
}
