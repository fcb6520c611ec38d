import type { Metadata } from "next";
import { inspectorPaths } from "@/lib/inspector";
import { readMailbox } from "@/lib/server/mail/mailbox";
import { Card } from "../../_components/card";
import { DevHeader } from "../dev-header";

export const metadata: Metadata = { title: "Mail" };

/**
 * Shows the emails that `next dev` cannot send without a mail server. This page exists only in
 * development: a build does not treat `page.dev.tsx` as a page (`next.config.ts`).
 */
export default function MailPage() {
  const messages = readMailbox();
  return (
    <div className="mx-auto max-w-2xl px-4 pb-12 sm:px-6">
      <DevHeader title="Mail" link={{ href: inspectorPaths.page, label: "Gate events" }} />
      <main id="main">
        <p className="mt-1 text-muted">
          Without SMTP_URL the app sends no emails in development. They appear here instead, newest first,
          until the server stops.
        </p>
        {messages.length === 0 && <p className="mt-6">There are no emails yet.</p>}
        {messages.map(({ at, to, subject, text }) => (
          <Card key={`${at.toISOString()} ${to}`} className="mt-4">
            <h2 className="font-semibold">{subject}</h2>
            <p className="text-muted break-words">
              To {to}, {at.toLocaleTimeString("en-GB")}
            </p>
            <p className="mt-3 break-words whitespace-pre-wrap">{withLinks(text)}</p>
          </Card>
        ))}
      </main>
    </div>
  );
}

function withLinks(text: string) {
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
