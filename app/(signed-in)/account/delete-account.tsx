"use client";

import { useEffect, useRef, useState } from "react";
import { AccountForm } from "../../_account/account-form";
import { callAuth } from "../../_account/call-auth";
import { passwordField } from "../../_account/fields";
import { Button } from "../../_components/button";

export function DeleteAccount({ hasPassword }: { hasPassword: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const [asked, setAsked] = useState<boolean>();

  // The button that was pressed is gone, so the focus must move. It moves to the password or to
  // "Keep it", never to the button that deletes: a key held down too long would press that button.
  useEffect(() => {
    if (asked !== undefined) place.current?.querySelector<HTMLElement>("input, [type=button]")?.focus();
  }, [asked]);

  if (!asked) {
    return (
      <div ref={place}>
        <Button look="secondary" onClick={() => setAsked(true)}>
          Delete my account
        </Button>
      </div>
    );
  }
  return (
    <div ref={place}>
      <AccountForm
        fields={hasPassword ? [{ ...passwordField, label: "Your password, to be sure" }] : []}
        submitLabel="Delete my account and all tasks"
        look="danger"
        send={({ password }) => callAuth("/delete-user", password ? { password } : {})}
        // A full page load, not a client-side navigation: no page of this account stays in the
        // router's cache.
        onDone={() => window.location.assign("/account-deleted")}
      />
      <Button look="quiet" className="mt-2" onClick={() => setAsked(false)}>
        Keep it
      </Button>
    </div>
  );
}
