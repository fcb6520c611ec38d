"use client";

import { ActionButton } from "../../_account/action-button";
import { callAuth } from "../../_account/call-auth";

export function ConfirmEmail({ email }: { email: string }) {
  return (
    <ActionButton
      send={() => callAuth("/send-verification-email", { email })}
      done={`We wrote to ${email}: open the link there within an hour.`}
    >
      Send a link to confirm it
    </ActionButton>
  );
}
