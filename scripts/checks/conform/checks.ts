import type { Check } from "../check";
import { bodyFraming } from "./body-framing";
import type { Context } from "./context";
import { cookies } from "./cookies";
import { csrf } from "./csrf";
import { gateBypass } from "./gate-bypass";
import { headers } from "./headers";
import { matrix } from "./matrix";
import { redirects } from "./redirects";
import { tokens } from "./tokens";

/** All checks, in the order in which they run and are shown. */
export const checks: readonly Check<Context>[] = [
  ...matrix,
  ...cookies,
  ...tokens,
  ...csrf,
  ...redirects,
  ...headers,
  ...gateBypass,
  ...bodyFraming,
];
