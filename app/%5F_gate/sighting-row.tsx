import type { GateEvent, ResponseTiming } from "../../lib/inspector";
import styles from "./look.module.css";
import { inMs, StepTable, Waterfall } from "./waterfall";

const sessions: Record<GateEvent["session"], string> = {
  memory: "memory",
  cookie: "cookie",
  store: "store",
  none: "none",
  unreachable: "unreachable",
  "not needed": "–",
};

/** One decision: request, session, outcome and duration. A click shows the details. */
export function SightingRow({
  sighting,
  finish,
}: {
  sighting: GateEvent;
  finish: ResponseTiming | undefined;
}) {
  const { method, path, kind, session, tokenAge, outcome, code, reason, steps, took, requestId } = sighting;
  const status = finish?.status ?? sighting.status;
  return (
    <li>
      <details className={styles.row} data-outcome={outcome}>
        <summary>
          <time dateTime={new Date(sighting.at).toISOString()}>{timeOf(sighting.at)}</time>
          <span className={styles.asked}>
            <b>{method}</b> <span className={styles.path}>{path}</span>
          </span>
          <span className={styles.kind}>{kind}</span>
          <span data-session={session}>{sessions[session]}</span>
          <span>{tokenAge === undefined ? "–" : `${tokenAge} s`}</span>
          <span className={styles.outcome}>
            {outcome} {status !== undefined && <b>{status}</b>}
          </span>
          <span className={styles.times}>
            <Waterfall steps={steps} took={took} />
            <span>
              {inMs(took)}
              {finish && <small>of {inMs(finish.took)}</small>}
            </span>
          </span>
          <span className={styles.reason}>{reason}</span>
        </summary>
        <div className={styles.more}>
          <StepTable steps={steps} took={took} whole={finish?.took} />
          <p>
            {code && (
              <>
                Code <code>{code}</code>.{" "}
              </>
            )}
            Request <code>{requestId}</code>: the logs of the gate and of FastAPI have it under this id.
          </p>
        </div>
      </details>
    </li>
  );
}

function timeOf(at: number): string {
  const time = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
