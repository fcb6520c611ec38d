"use client";

import { useRouter } from "next/navigation";
import { useLayoutEffect, useRef, useState } from "react";
import { ActionButton } from "@/app/_account/action-button";
import { callAuth } from "@/app/_account/call-auth";
import type { KeyLine } from "@/app/_account/describe-key";
import { Notice } from "@/app/_account/notice";

export function KeyList({ keys }: { keys: readonly KeyLine[] }) {
  const router = useRouter();
  const list = useRef<HTMLUListElement>(null);
  const [notice, setNotice] = useState("");

  // The row of a revoked key disappears together with its button. So the list takes the focus.
  useLayoutEffect(() => {
    if (notice && document.activeElement === document.body) list.current?.focus();
  });
  const report = (name: string) => {
    setNotice(`${name} is revoked.`);
    router.refresh();
  };
  return (
    <>
      <ul ref={list} tabIndex={-1} aria-label="Your keys" className="divide-y divide-line">
        {keys.map(({ id, name, start, scope, times }) => (
          <li key={id} className="flex min-h-16 flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3">
            <div className="min-w-0">
              <p className="font-medium break-words">{name}</p>
              <p className="text-muted break-words">
                <code>{start}…</code> {scope}
              </p>
              <p className="text-muted">{times}</p>
            </div>
            <ActionButton label={`Revoke ${name}`} send={() => revoke(id)} onDone={() => report(name)}>
              Revoke
            </ActionButton>
          </li>
        ))}
      </ul>
      <Notice>{notice}</Notice>
    </>
  );
}

/** A 404 counts as success: the key is revoked already. */
async function revoke(id: string) {
  const failure = await callAuth("/api-key/revoke", { id });
  return failure?.status === 404 ? null : failure;
}
