import { isLoopback } from "./address";
import { type Check, fail, type Outcome, ok, warn } from "./check";
import type { Context } from "./context";
import { estimateBits, WEAK_BELOW_BITS } from "./strength";

const REQUIRED = [
  "BETTER_AUTH_URL",
  "BETTER_AUTH_SECRET",
  "JWT_SECRET_KEY",
  "DATABASE_URL",
  "BACKEND_URL",
] as const;

/** One check for each variable that has no default, and one check for all others. */
export const configuration: readonly Check[] = [
  ...REQUIRED.map((name) => ({
    id: `config.${name}`,
    title: name,
    run: ({ problems }: Context) => judge(problems.filter((problem) => problem.startsWith(`${name}:`))),
  })),
  {
    id: "config.optional",
    title: "The variables that have a default",
    run: ({ problems }) =>
      judge(problems.filter((problem) => !REQUIRED.some((name) => problem.startsWith(`${name}:`)))),
  },
  {
    id: "config.https",
    title: "People reach the app over https",
    needs: ["config.BETTER_AUTH_URL"],
    run: ({ env }) => judgeScheme(env.appOrigin),
  },
  ...(["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"] as const).map((name) => ({
    id: `config.strength.${name}`,
    title: `${name} was made by chance`,
    needs: [`config.${name}`],
    run: ({ env }: Context) =>
      judgeStrength(name, name === "JWT_SECRET_KEY" ? env.jwt.keys : env.authSecrets),
  })),
];

/** `parseEnv` writes "NAME: what is wrong. How to fix it". */
function judge(problems: readonly string[]): Outcome {
  if (problems.length === 0) return ok();
  const findings = problems
    .map((problem) => problem.replace(": ", " "))
    .map((problem) => {
      const end = problem.search(/\. (?=[A-Z])/);
      return end < 0
        ? { reason: problem, mend: "See .env.example" }
        : { reason: problem.slice(0, end), mend: problem.slice(end + 2) };
    });
  return { state: "fail", findings };
}

export function judgeScheme(origin: string): Outcome {
  const { protocol, hostname } = new URL(origin);
  if (protocol === "https:") return ok();
  if (isLoopback(hostname)) return ok("http, which is fine on loopback");
  return fail(
    `BETTER_AUTH_URL is ${origin}: cookies travel in the clear, without Secure`,
    "Serve the app over TLS and set BETTER_AUTH_URL to its https:// address",
  );
}

export function judgeStrength(name: string, secrets: readonly string[]): Outcome {
  const bits = Math.min(...secrets.map(estimateBits));
  if (bits >= WEAK_BELOW_BITS) return ok();
  return warn(
    `${name} looks typed rather than drawn: about ${bits} bits, where ${WEAK_BELOW_BITS} is little`,
    "Make one with: openssl rand -base64 32",
  );
}
