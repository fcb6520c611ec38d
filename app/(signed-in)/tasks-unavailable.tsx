"use client";

import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";
import type { LoadFailure } from "./load-tasks";

export function TasksUnavailable({ reason, requestId }: LoadFailure) {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  return (
    <Alert
      actions={
        <Button look="secondary" pending={pending} onClick={() => startTransition(() => router.refresh())}>
          Try again
        </Button>
      }
    >
      <p className="font-medium">Your tasks cannot be shown</p>
      <p>{reason}</p>
      <p className="text-sm">Request {requestId}</p>
    </Alert>
  );
}
