"use client";

import { useEffect, useRef, useState } from "react";
import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { passwordField } from "@/app/_account/fields";
import { Button } from "@/app/_components/button";
import { withBasePath } from "@/lib/base-path";
import { routes } from "@/lib/routes";

export function DeleteAccount({ hasPassword }: { hasPassword: boolean }) {
  const container = useRef<HTMLDivElement>(null);
  const [isConfirming, setConfirming] = useState<boolean>();

  // The pressed button has disappeared, so the focus must move. It moves to the password or to
  // "Keep my account", never to the button that deletes: a key that is still held down would press
  // that button.
  useEffect(() => {
    if (isConfirming !== undefined)
      container.current?.querySelector<HTMLElement>("input, [type=button]")?.focus();
  }, [isConfirming]);

  if (!isConfirming) {
    return (
      <div ref={container}>
        <Button look="secondary" onClick={() => setConfirming(true)}>
          Delete my account
        </Button>
      </div>
    );
  }
  return (
    <div ref={container}>
      <AccountForm
        fields={hasPassword ? [{ ...passwordField, label: "Your password" }] : []}
        submitLabel="Delete my account and all tasks"
        look="danger"
        send={({ password }) => callAuth("/delete-user", password ? { password } : {})}
        // A full page load, not a client-side navigation: no page of this account stays in the
        // router's cache.
        onDone={() => window.location.assign(withBasePath("/account-deleted", routes))}
      />
      <Button look="quiet" className="mt-2" onClick={() => setConfirming(false)}>
        Keep my account
      </Button>
    </div>
  );
}
