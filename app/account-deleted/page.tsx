import type { Metadata } from "next";
import Link from "next/link";
import { buttonClass } from "@/app/_components/button";
import { MessagePage } from "@/app/_components/message-page";

export const metadata: Metadata = { title: "Account deleted", robots: { index: false } };

export default function AccountDeletedPage() {
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
