import type { Metadata } from "next";
import { headers } from "next/headers";
import Link from "next/link";
import { readTrace } from "../lib/log/request-trace";
import { buttonClass } from "./_components/button";
import { DeadEnd } from "./_components/dead-end";
import { RequestId } from "./_components/request-id";

export const metadata: Metadata = { title: "Page not found" };

export default async function NotFound() {
  const { requestId } = readTrace(await headers());
  return (
    <DeadEnd
      title="There is no such page"
      actions={
        <Link href="/" className={buttonClass()}>
          To the start page
        </Link>
      }
    >
      <p>The address may be mistyped, or the page may have moved.</p>
      <RequestId ids={[requestId]} />
    </DeadEnd>
  );
}
