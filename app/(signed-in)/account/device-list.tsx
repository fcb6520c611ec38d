"use client";

import { useRouter } from "next/navigation";
import { useLayoutEffect, useRef, useState } from "react";
import { ActionButton } from "@/app/_account/action-button";
import { callAuth } from "@/app/_account/call-auth";
import { Notice } from "@/app/_account/notice";

/** The texts that describe one device. */
export interface DeviceLine {
  id: string;
  browser: string;
  lastUsed: string;
  isThis: boolean;
}

export function DeviceList({ devices }: { devices: readonly DeviceLine[] }) {
  const router = useRouter();
  const list = useRef<HTMLUListElement>(null);
  const [notice, setNotice] = useState("");

  // When a device is signed out, its row disappears together with the button. So the list shows the
  // result, and takes the focus if the button had it.
  useLayoutEffect(() => {
    if (notice && document.activeElement === document.body) list.current?.focus();
  });
  const report = (text: string) => {
    setNotice(text);
    router.refresh();
  };
  return (
    <>
      <ul ref={list} tabIndex={-1} className="divide-y divide-line border-y border-line">
        {devices.map(({ id, browser, lastUsed, isThis }) => (
          <li key={id} className="flex min-h-16 flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3">
            <div className="min-w-0">
              <p className="font-medium break-words">{browser}</p>
              <p className="text-muted">{isThis ? "This device, in use now" : lastUsed}</p>
            </div>
            {!isThis && (
              <ActionButton
                label={`Sign out ${browser}`}
                send={() => endSession(id)}
                onDone={() => report(`${browser} is signed out.`)}
              >
                Sign out
              </ActionButton>
            )}
          </li>
        ))}
      </ul>
      {devices.length > 1 && (
        <div className="mt-4">
          <ActionButton
            send={() => callAuth("/revoke-other-sessions")}
            onDone={() => report("All other devices are signed out.")}
          >
            Sign out all other devices
          </ActionButton>
        </div>
      )}
      <Notice>{notice}</Notice>
    </>
  );
}

/** A 404 counts as success: the session has already ended. */
async function endSession(id: string) {
  const failure = await callAuth("/revoke-session-by-id", { id });
  return failure?.status === 404 ? null : failure;
}
