import type { Metadata } from "next";
import Link from "next/link";
import { buttonClass } from "./_components/button";
import { MessagePage } from "./_components/message-page";
import { PageRequestId } from "./_components/page-request-id";

export const metadata: Metadata = { title: "Page not found" };

/**
 * For an address without a page: its scripts need the nonce of the response. A static page that
 * calls `notFound()` stays static, so this page reads nothing of the request.
 */
export const dynamic = "force-dynamic";

export default function NotFound() {
  return (
    <MessagePage
      title="Page not found"
      actions={
        <Link href="/" className={buttonClass()}>
          Go to the home page
        </Link>
      }
    >
      <p>Check the address. The page may also have moved.</p>
      <PageRequestId />
    </MessagePage>
  );
}
