"use client";

import { useState } from "react";
import { AccountForm } from "../../_account/account-form";
import { callAuth } from "../../_account/call-auth";
import { passwordField } from "../../_account/fields";
import { Button } from "../../_components/button";

export function DeleteAccount({ hasPassword }: { hasPassword: boolean }) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <Button look="secondary" onClick={() => setAsked(true)}>
        Delete my account
      </Button>
    );
  }
  return (
    <>
      <AccountForm
        fields={hasPassword ? [{ ...passwordField, label: "Your password, to be sure" }] : []}
        submitLabel="Delete my account and all tasks"
        look="danger"
        send={({ password }) => callAuth("/delete-user", password ? { password } : {})}
        // A document, not a navigation: no page of this account stays in the router's memory.
        onDone={() => window.location.assign("/account-deleted")}
      />
      <Button look="quiet" className="mt-2" onClick={() => setAsked(false)}>
        Keep it
      </Button>
    </>
  );
}
