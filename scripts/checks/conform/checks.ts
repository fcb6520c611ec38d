import { bypass } from "./bypass";
import type { Check } from "./check";
import { cookies } from "./cookies";
import { csrf } from "./csrf";
import { headers } from "./headers";
import { matrix } from "./matrix";
import { redirects } from "./redirects";
import { tokens } from "./tokens";

/** All checks, in the order in which they run and are shown. */
export const checks: readonly Check[] = [
  ...matrix,
  ...cookies,
  ...tokens,
  ...csrf,
  ...redirects,
  ...headers,
  ...bypass,
];
