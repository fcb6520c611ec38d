import type { Metadata } from "next";
import { TextLink } from "@/app/_components/text-link";
import { ResetForm } from "./reset-form";

// The URL of this page contains the secret of the link, so it must not be sent as a referrer.
export const metadata: Metadata = { title: "Choose a new password", referrer: "no-referrer" };

interface Props {
  searchParams: Promise<{ token?: unknown; error?: unknown }>;
}

export default async function ResetPasswordPage({ searchParams }: Props) {
  const { token, error } = await searchParams;
  return (
    <>
      <h1 className="text-2xl font-semibold">Choose a new password</h1>
      {typeof token === "string" ? (
        <>
          <p className="mt-1 mb-5 text-muted">This signs you out on all devices, including this one.</p>
          <ResetForm token={token} />
        </>
      ) : (
        <p className="mt-2 text-muted">
          {error === "TOO_MANY_REQUESTS"
            ? "Too many invalid links were opened from your network. Wait a minute, then open your link again."
            : "This link does not work. It was used already, is older than an hour, or is incomplete."}
        </p>
      )}
      <p className="mt-2">
        <TextLink href="/forgot-password">Request a new link</TextLink>
      </p>
    </>
  );
}
