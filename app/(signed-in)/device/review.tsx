import { useState } from "react";
import { Alert } from "@/app/_components/alert";
import { Button } from "@/app/_components/button";

/** What the server knows about a sign-in that waits for approval. */
export interface DeviceRequest {
  status: string;
  client_name?: string;
  user_agent?: string;
  /** Null: not known. */
  ip_address?: string | null;
  /** ISO 8601. */
  requested_at?: string;
}

interface ReviewProps {
  code: string;
  request: DeviceRequest;
  email: string;
  error: string | undefined;
  onDecide: (decision: "approve" | "deny") => Promise<void>;
}

/** Shows what has requested the sign-in, and from where (RFC 8628 §5.4). */
export function Review({ code, request, email, error, onDecide }: ReviewProps) {
  const [pending, setPending] = useState<"approve" | "deny">();

  async function decide(decision: "approve" | "deny") {
    setPending(decision);
    await onDecide(decision);
    setPending(undefined);
  }

  return (
    <>
      <h2 tabIndex={-1} className="text-lg font-semibold">
        Sign in {request.client_name} as {email}?
      </h2>
      <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {rowsOf(code, request).map(([term, text]) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd className="min-w-0 break-words">{text}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-4">
        It will be able to do everything that you can do here, until you sign it out on the account page.
      </p>
      <p className="mt-2">
        <strong className="font-medium">
          Approve only if you have started this yourself, just now, and your own device shows this code.
        </strong>{" "}
        If somebody has sent you the code or a link to this page, deny: that person would be signed in as you.
      </p>
      {error && (
        <div className="mt-4">
          <Alert>{error}</Alert>
        </div>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button pending={pending === "approve"} onClick={() => decide("approve")}>
          Approve
        </Button>
        <Button look="secondary" pending={pending === "deny"} onClick={() => decide("deny")}>
          Deny
        </Button>
      </div>
    </>
  );
}

function rowsOf(code: string, request: DeviceRequest): [term: string, text: string][] {
  const { client_name = "", user_agent, ip_address, requested_at } = request;
  return [
    ["Code", format(code)],
    ["Program", client_name],
    ["Sent from", ip_address ?? "an unknown address"],
    ["Sent by", user_agent || "an unknown program"],
    ["Started at", requested_at ? new Date(requested_at).toLocaleTimeString() : "an unknown time"],
  ];
}

/** `ABCD-EFGH`, as programs show it. */
function format(code: string): string {
  const plain = code.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  return plain.replace(/^(.{4})(?=.)/, "$1-");
}
