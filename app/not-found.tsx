import type { Metadata } from "next";
import { headers } from "next/headers";
import Link from "next/link";
import { readTrace } from "../lib/log/request-trace";
import { buttonClass } from "./_components/button";
import { MessagePage } from "./_components/message-page";
import { RequestId } from "./_components/request-id";

export const metadata: Metadata = { title: "Page not found" };

export default async function NotFound() {
  const { requestId } = readTrace(await headers());
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
      <RequestId ids={[requestId]} />
    </MessagePage>
  );
}
