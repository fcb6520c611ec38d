import type { GateEvent, ResponseTiming } from "@/lib/inspector";
import styles from "./gate.module.css";
import { inMs, StepTable, Waterfall } from "./waterfall";

const sessionLabels: Record<GateEvent["session"], string> = {
  memory: "memory",
  cookie: "cookie",
  store: "store",
  none: "none",
  invalid: "invalid",
  unreachable: "unreachable",
  "not needed": "–",
};

/** One event: request, session, outcome and duration. A click shows the details. */
export function EventRow({ event, timing }: { event: GateEvent; timing: ResponseTiming | undefined }) {
  const { method, path, kind, session, tokenAge, outcome, code, reason, steps, took, requestId } = event;
  const status = timing?.status ?? event.status;
  return (
    <li>
      <details className={styles.row} data-outcome={outcome}>
        <summary>
          <time dateTime={new Date(event.at).toISOString()}>{timeOf(event.at)}</time>
          <span className={styles.request}>
            <b>{method}</b> <span className={styles.path}>{path}</span>
          </span>
          <span className={styles.kind}>{kind}</span>
          <span data-session={session}>{sessionLabels[session]}</span>
          <span>{tokenAge === undefined ? "–" : `${tokenAge} s`}</span>
          <span className={styles.outcome}>
            {outcome} {status !== undefined && <b>{status}</b>}
          </span>
          <span className={styles.times}>
            <Waterfall steps={steps} took={took} />
            <span>
              {inMs(took)}
              {timing && <small>of {inMs(timing.took)}</small>}
            </span>
          </span>
          <span className={styles.reason}>{reason}</span>
        </summary>
        <div className={styles.more}>
          <StepTable steps={steps} took={took} responseTook={timing?.took} />
          <p>
            {code && (
              <>
                Code <code>{code}</code>.{" "}
              </>
            )}
            Request <code>{requestId}</code>. The logs of the gate and of FastAPI contain this id.
          </p>
        </div>
      </details>
    </li>
  );
}

function timeOf(at: number): string {
  const time = new Date(at);
  const twoDigits = (part: number) => String(part).padStart(2, "0");
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}`;
}
