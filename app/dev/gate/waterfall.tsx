import type { StepName, TimedStep } from "@/lib/inspector";
import styles from "./gate.module.css";

export const stepNames = [
  "session",
  "decide",
  "mint",
  "forward",
  "respond",
] as const satisfies readonly StepName[];

/** The gate's steps as bars, one below the other. The position of a bar shows when the step ran. */
export function Waterfall({ steps, took }: { steps: readonly TimedStep[]; took: number }) {
  const label = steps.map((step) => `${step.name} ${inMs(step.took)}`).join(", ");
  return (
    <span className={styles.waterfall} role="img" aria-label={label} title={label}>
      {steps.map((step) => (
        <span key={step.name} className={styles.lane}>
          <span
            className={styles.bar}
            data-step={step.name}
            style={{ insetInlineStart: share(step.start, took), inlineSize: share(step.took, took) }}
          />
        </span>
      ))}
    </span>
  );
}

/** The same steps as numbers, with the time until the last byte of the response. */
export function StepTable({
  steps,
  took,
  responseTook,
}: {
  steps: readonly TimedStep[];
  took: number;
  responseTook: number | undefined;
}) {
  return (
    <dl className={styles.steps}>
      {steps.map((step) => (
        <div key={step.name}>
          <dt>
            <i data-step={step.name} /> {step.name}
          </dt>
          <dd>{inMs(step.took)}</dd>
        </div>
      ))}
      <div>
        <dt>the gate</dt>
        <dd>{inMs(took)}</dd>
      </div>
      {responseTook !== undefined && (
        <div>
          <dt>to the last byte</dt>
          <dd>{inMs(responseTook)}</dd>
        </div>
      )}
    </dl>
  );
}

function share(part: number, whole: number): string {
  return `${whole > 0 ? (100 * part) / whole : 0}%`;
}

export function inMs(ms: number): string {
  if (ms >= 100) return `${Math.round(ms)} ms`;
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}
