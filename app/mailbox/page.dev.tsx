import type { Metadata } from "next";
import { readMailbox } from "../../lib/server/mail/mailbox";
import { Brand } from "../_components/brand";
import { Card } from "../_components/card";

/**
 * Shows the emails that `next dev` cannot send without a mail server. The name of this file keeps
 * it out of a build: see next.config.ts.
 */
export const metadata: Metadata = { title: "Mailbox" };

export default function MailboxPage() {
  const messages = readMailbox();
  return (
    <div className="mx-auto max-w-2xl px-4 pb-12 sm:px-6">
      <header className="py-4">
        <Brand />
      </header>
      <main id="main">
        <h1 className="text-2xl font-semibold">Mailbox</h1>
        <p className="mt-1 text-muted">
          Without SMTP_URL nothing is sent in development: what would have been is here, the newest first,
          until the server stops.
        </p>
        {messages.length === 0 && <p className="mt-6">Nothing yet.</p>}
        {messages.map(({ at, to, subject, text }) => (
          <Card key={`${at.toISOString()} ${to}`} className="mt-4">
            <h2 className="font-semibold">{subject}</h2>
            <p className="text-muted break-words">
              To {to}, {at.toLocaleTimeString("en-GB")}
            </p>
            <p className="mt-3 break-words whitespace-pre-wrap">{linked(text)}</p>
          </Card>
        ))}
      </main>
    </div>
  );
}

function linked(text: string) {
  return text.split(/(https?:\/\/\S+)/).map((part) =>
    part.startsWith("http") ? (
      // A full page load, not a client-side navigation: the link leads to Better Auth first.
      <a key={part} href={part} className="text-accent underline underline-offset-4">
        {part}
      </a>
    ) : (
      part
    ),
  );
}
