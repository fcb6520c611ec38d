import type { Metadata } from "next";
import Link from "next/link";
import { connection } from "next/server";
import { buttonClass } from "../_components/button";
import { MessagePage } from "../_components/message-page";

export const metadata: Metadata = { title: "Account deleted", robots: { index: false } };

export default async function AccountDeletedPage() {
  // Renders the page for each request (docs/static-pages.md).
  await connection();
  return (
    <MessagePage
      title="Your account is deleted"
      actions={
        <Link href="/" className={buttonClass()}>
          Go to the home page
        </Link>
      }
    >
      <p>Your tasks are deleted too, and you are signed out on all devices.</p>
    </MessagePage>
  );
}
