import type { Metadata } from "next";
import Link from "next/link";
import { buttonClass } from "../_components/button";
import { DeadEnd } from "../_components/dead-end";

export const metadata: Metadata = { title: "Account deleted", robots: { index: false } };

export default function AccountDeletedPage() {
  return (
    <DeadEnd
      title="Your account is deleted"
      actions={
        <Link href="/" className={buttonClass()}>
          To the start page
        </Link>
      }
    >
      <p>Your tasks and your sign-ins on every device went with it.</p>
    </DeadEnd>
  );
}
