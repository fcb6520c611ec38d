import { useTransition } from "react";
import { withBasePath } from "../../lib/base-path";
import { routes } from "../../lib/routes";
import { Button, buttonClass } from "./button";
import { MessagePage } from "./message-page";
import { RequestId } from "./request-id";
import { useRequestId } from "./use-request-id";

export interface ErrorPageProps {
  error: unknown;
  /** Fetches and renders the failed part again. */
  retry: () => void;
}

export function ErrorPage({ error, retry }: ErrorPageProps) {
  const [pending, startTransition] = useTransition();
  const requestId = useRequestId();
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  return (
    <MessagePage
      title="This page could not be loaded"
      actions={
        <>
          <Button pending={pending} onClick={() => startTransition(retry)}>
            Try again
          </Button>
          {/* A full page load, not a client-side navigation: it discards any broken state. */}
          <a href={withBasePath("/", routes)} className={buttonClass("secondary")}>
            Go to the home page
          </a>
        </>
      }
    >
      <p>An error occurred on the server. Your saved data is safe. Try again in a moment.</p>
      <RequestId ids={[requestId, digest]} />
    </MessagePage>
  );
}
