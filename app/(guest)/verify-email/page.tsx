import type { Metadata } from "next";
import { TextLink } from "../../_components/text-link";

export const metadata: Metadata = { title: "Confirm your email" };

interface Outcome {
  title: string;
  text: string;
}

/** The possible results of opening a link (lib/server/auth/email-callbacks.ts). */
const outcomes: Readonly<Record<string, Outcome>> = {
  confirmed: { title: "Your email is confirmed", text: "This address is yours: that is settled now." },
  approved: {
    title: "One more link to open",
    text: "You approved the change. We wrote to your new address: open the link there, and it is yours.",
  },
  changed: { title: "Your email has changed", text: "From now on you sign in with your new address." },
};

/** Better Auth's error codes for a link that did not work. */
const failures: Readonly<Record<string, string>> = {
  TOKEN_EXPIRED: "The link is older than an hour. Ask for a new one on your account page.",
  INVALID_USER:
    "The link belongs to another account than the one you are signed in to. Sign out, then open it again.",
  INVALID_TOKEN:
    "It has been used already, perhaps by a scanner of your mail provider, or was cut off on its way to you. Your account page shows which email you have now.",
  TOO_MANY_REQUESTS:
    "Too many links that do not work were opened from your network. Wait a minute and open yours again.",
  USER_NOT_FOUND: "There is no account with this email any more.",
  EMAIL_TAKEN:
    "Another account uses this address by now. Your account keeps the email that it has; choose another one on your account page.",
  EMAIL_TOO_LONG:
    "The new address is longer than an address may be. Your account keeps the email that it has.",
};

const failed: Outcome = {
  title: "This link does not work",
  text: "It has been used already, or was cut off on its way to you. Your account page says what is so.",
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
        <TextLink href="/account">To your account</TextLink>
      </p>
    </>
  );
}

function outcomeOf(done: unknown, error: unknown): Outcome {
  if (error !== undefined) return { ...failed, text: failures[String(error)] ?? failed.text };
  return outcomes[String(done)] ?? failed;
}
