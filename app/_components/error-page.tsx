import { useTransition } from "react";
import { Button, buttonClass } from "./button";
import { DeadEnd } from "./dead-end";
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
    <DeadEnd
      title="This page could not be shown"
      actions={
        <>
          <Button pending={pending} onClick={() => startTransition(retry)}>
            Try again
          </Button>
          {/* A full page load, not a client-side navigation: it discards any broken state. */}
          <a href="/" className={buttonClass("secondary")}>
            To the start page
          </a>
        </>
      }
    >
      <p>Something on our side did not answer as it should. What you saved is safe; try again in a moment.</p>
      <RequestId ids={[requestId, digest]} />
    </DeadEnd>
  );
}
