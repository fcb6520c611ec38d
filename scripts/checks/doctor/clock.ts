import { LEEWAY_SECONDS } from "../../../lib/token/contract";
import { fail, type Outcome, ok, skipped, warn } from "./check";

/**
 * Compares a clock with this machine's (`ahead`, in seconds) and with the leeway of the token
 * contract.
 */
export function judgeClock(whose: string, ahead: number | undefined): Outcome {
  if (ahead === undefined) return skipped(`${whose} does not tell its time`);
  const apart = Math.abs(ahead);
  const said = `${whose} is ${apart.toFixed(0)} s ${ahead > 0 ? "ahead of" : "behind"} this machine`;
  const mend = "Have both machines set their clocks by NTP (chrony, systemd-timesyncd)";
  if (apart > LEEWAY_SECONDS) return fail(`${said}; ${LEEWAY_SECONDS} s is the most that tokens bear`, mend);
  if (apart > LEEWAY_SECONDS / 2) return warn(`${said}, of ${LEEWAY_SECONDS} s that tokens bear`, mend);
  return ok(apart < 1 ? "within a second" : `${apart.toFixed(0)} s apart`);
}
