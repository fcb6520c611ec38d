"use client";

import { type ReactNode, useState } from "react";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";
import { type AuthFailure, explainFailure } from "./explain-failure";
import { Notice } from "./notice";

interface ActionButtonProps {
  children: ReactNode;
  /** Where the words on it could be any row's. */
  label?: string;
  send: () => Promise<AuthFailure | null>;
  onDone?: () => void;
  /** What to say when it is done. */
  done?: ReactNode;
}

/** One press, one request, and what came of it. */
export function ActionButton({ children, label, send, onDone, done }: ActionButtonProps) {
  const [state, setState] = useState<"idle" | "pending" | "done">("idle");
  const [mistake, setMistake] = useState<string>();

  async function act() {
    setMistake(undefined);
    setState("pending");
    const failure = await send();
    setState(failure ? "idle" : "done");
    if (failure) setMistake(explainFailure(failure).form ?? failure.message);
    else onDone?.();
  }

  return (
    <>
      <Button look="secondary" aria-label={label} pending={state === "pending"} onClick={act}>
        {children}
      </Button>
      {mistake && (
        <div className="mt-2 basis-full">
          <Alert>{mistake}</Alert>
        </div>
      )}
      <Notice>{state === "done" && done}</Notice>
    </>
  );
}
