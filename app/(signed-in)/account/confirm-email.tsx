"use client";

import { ActionButton } from "@/app/_account/action-button";
import { callAuth } from "@/app/_account/call-auth";

export function ConfirmEmail({ email }: { email: string }) {
  return (
    <ActionButton
      send={() => callAuth("/send-verification-email", { email })}
      successText={`We have sent a link to ${email}. Open it within an hour.`}
    >
      Send a confirmation link
    </ActionButton>
  );
}
