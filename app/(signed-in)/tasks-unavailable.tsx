"use client";

import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Alert } from "@/app/_components/alert";
import { Button } from "@/app/_components/button";
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
      <p className="font-medium">Your tasks could not be loaded</p>
      <p>{reason}</p>
      <p className="text-sm">Request id: {requestId}</p>
    </Alert>
  );
}
