"use client";

import { useEffect, useRef, useState } from "react";
import { requestAuth } from "@/app/_account/call-auth";
import { CodeForm } from "./code-form";
import { describeFailure } from "./describe-failure";
import { type DeviceRequest, Review } from "./review";

type Step =
  | { at: "code"; error?: string }
  | { at: "review"; code: string; request: DeviceRequest; error?: string }
  | { at: "done"; text: string };

interface DeviceSignInProps {
  initialCode: string;
  email: string;
}

/** The user enters the code of a device, sees what has requested the sign-in, and decides. */
export function DeviceSignIn({ initialCode, email }: DeviceSignInProps) {
  const [step, setStep] = useState<Step>({ at: "code" });
  const container = useRef<HTMLDivElement>(null);

  // The button that was pressed has disappeared, so the focus moves to the new heading.
  useEffect(() => {
    if (step.at !== "code") container.current?.querySelector("h2")?.focus();
  }, [step.at]);

  async function find(code: string) {
    const result = await requestAuth<DeviceRequest>("/device", { method: "GET", query: { user_code: code } });
    if (result.failure) return setStep({ at: "code", error: describeFailure(result.failure) });
    if (result.data.status !== "pending" || !result.data.client_name)
      return setStep({ at: "code", error: "This code was used already. Start again on your device." });
    setStep({ at: "review", code, request: result.data });
  }

  async function decide(review: Extract<Step, { at: "review" }>, decision: "approve" | "deny") {
    const { failure } = await requestAuth(`/device/${decision}`, {
      method: "POST",
      body: { userCode: review.code },
    });
    if (failure) return setStep({ ...review, error: describeFailure(failure) });
    const text =
      decision === "approve"
        ? `${review.request.client_name} is signed in as ${email}. You can close this page. The account page lists its session under Devices.`
        : "Denied. The device is not signed in.";
    setStep({ at: "done", text });
  }

  return (
    <div ref={container}>
      {step.at === "code" && <CodeForm initialCode={initialCode} error={step.error} onSubmit={find} />}
      {step.at === "review" && (
        <Review
          code={step.code}
          request={step.request}
          email={email}
          error={step.error}
          onDecide={(decision) => decide(step, decision)}
        />
      )}
      {step.at === "done" && (
        <>
          <h2 tabIndex={-1} className="text-lg font-semibold">
            Done
          </h2>
          <p role="status" className="mt-2 break-words">
            {step.text}
          </p>
        </>
      )}
    </div>
  );
}
