import type { Check } from "../check";
import { bodyFraming } from "./body-framing";
import type { Context } from "./context";
import { cookies } from "./cookies";
import { csrf } from "./csrf";
import { forgedTokens } from "./forged-tokens";
import { gateBypass } from "./gate-bypass";
import { headers } from "./headers";
import { matrix } from "./matrix";
import { readableTokens } from "./readable-tokens";
import { redirects } from "./redirects";
import { tokenAudiences } from "./token-audiences";

/** All checks, in the order in which they run and are shown. */
export const checks: readonly Check<Context>[] = [
  ...matrix,
  ...cookies,
  ...readableTokens,
  ...forgedTokens,
  ...tokenAudiences,
  ...csrf,
  ...redirects,
  ...headers,
  ...gateBypass,
  ...bodyFraming,
];
