import type { Traffic } from "./page-views";
import type { Deployment } from "./world";

/** A simulation. It depends on nothing else. */
export interface Parameters extends Deployment {
  readonly traffic: Traffic;
  /** They are spread evenly over the regions. Each has one session. */
  readonly users: number;
  /** Nothing is counted during this time. */
  readonly warmUpSeconds: number;
  readonly measuredSeconds: number;
  /** Sessions that are deleted afterwards. */
  readonly revocations: number;
  readonly seed: number;
}
