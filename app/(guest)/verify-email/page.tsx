import type { Metadata } from "next";
import { TextLink } from "@/app/_components/text-link";
import { ownValue } from "@/lib/own-value";

export const metadata: Metadata = { title: "Confirm your email" };

interface Outcome {
  title: string;
  text: string;
}

/** The possible results of opening a link (lib/server/auth/email-callbacks.ts). */
const outcomes: Readonly<Record<string, Outcome>> = {
  confirmed: { title: "Your email is confirmed", text: "There is nothing else to do." },
  approved: {
    title: "One more step",
    text: "You approved the change. We have sent a link to your new address. Open that link to finish.",
  },
  changed: { title: "Your email has changed", text: "From now on, sign in with your new address." },
};

/** Better Auth's error codes for a link that did not work. */
const failures: Readonly<Record<string, string>> = {
  TOKEN_EXPIRED: "The link is older than an hour. Request a new one on your account page.",
  INVALID_USER: "The link belongs to another account. Sign out, then open the link again.",
  INVALID_TOKEN:
    "The link was used already, perhaps by a virus scanner of your mail provider, or it is incomplete. Your account page shows your current email.",
  TOO_MANY_REQUESTS:
    "Too many invalid links were opened from your network. Wait a minute, then open your link again.",
  PASSWORD_CHANGED:
    "Your password has changed since this link was requested. Your email has not changed. You can request the change again on your account page.",
  USER_NOT_FOUND: "There is no account with this email any more.",
  EMAIL_TAKEN:
    "Another account now uses this address. Your email has not changed. You can choose another one on your account page.",
  EMAIL_TOO_LONG: "The new address is too long. Your email has not changed.",
};

const failed: Outcome = {
  title: "This link does not work",
  text: "The link was used already, or it is incomplete. Your account page shows your current email.",
};

interface Props {
  searchParams: Promise<{ done?: unknown; error?: unknown }>;
}

export default async function VerifyEmailPage({ searchParams }: Props) {
  const { done, error } = await searchParams;
  const { title, text } = outcomeOf(done, error);
  return (
    <>
      <h1 className="text-2xl font-semibold">{title}</h1>
      <p className="mt-2 text-muted">{text}</p>
      <p className="mt-2">
        <TextLink href="/account">Go to your account</TextLink>
      </p>
    </>
  );
}

function outcomeOf(done: unknown, error: unknown): Outcome {
  if (error !== undefined) return { ...failed, text: ownValue(failures, String(error)) ?? failed.text };
  return ownValue(outcomes, String(done)) ?? failed;
}
