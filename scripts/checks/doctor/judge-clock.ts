import { LEEWAY_SECONDS } from "../../../lib/token/contract";
import { failed, type Outcome, passed, skipped, warning } from "../check";

/**
 * Compares a clock with this machine's (`ahead`, in seconds) and with the leeway of the token
 * contract.
 */
export function judgeClock(whose: string, ahead: number | undefined): Outcome {
  if (ahead === undefined) return skipped(`${whose} cannot be read: the response has no Date`);
  const apart = Math.abs(ahead);
  const difference = `${whose} is ${apart.toFixed(0)} s ${ahead > 0 ? "ahead of" : "behind"} this machine`;
  const fix = "Synchronize the clocks of both machines with NTP (chrony, systemd-timesyncd)";
  if (apart > LEEWAY_SECONDS) return failed(`${difference}; tokens allow at most ${LEEWAY_SECONDS} s`, fix);
  if (apart > LEEWAY_SECONDS / 2)
    return warning(`${difference}; tokens allow at most ${LEEWAY_SECONDS} s`, fix);
  return passed(apart < 1 ? "within a second" : `${apart.toFixed(0)} s apart`);
}
