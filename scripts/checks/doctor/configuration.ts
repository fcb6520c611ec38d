import { type Check, failed, type Outcome, passed, skipped, warning } from "../check";
import { type Context, REQUIRED } from "./context";
import { estimateBits, WEAK_BELOW_BITS } from "./entropy";
import { isLoopback } from "./loopback";

/** One check for each variable that has no default, and one check for all others. */
export const configuration: readonly Check<Context>[] = [
  ...REQUIRED.map((name) => ({
    id: `config.${name}`,
    title: name,
    run: ({ problems, notSet, app }: Context) =>
      app.isNamed && notSet.length > 0
        ? skipped(`the app is checked only from outside; not set here: ${notSet.join(", ")}`)
        : judgeProblems(problems.filter((problem) => problem.startsWith(`${name}:`))),
  })),
  {
    id: "config.optional",
    title: "The variables that have a default",
    run: ({ problems }) =>
      judgeProblems(problems.filter((problem) => !REQUIRED.some((name) => problem.startsWith(`${name}:`)))),
  },
  {
    id: "config.https",
    title: "Users reach the app over https",
    needs: ["config.BETTER_AUTH_URL"],
    run: ({ env }) => judgeScheme(env.appOrigin),
  },
  ...(["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"] as const).map((name) => ({
    id: `config.strength.${name}`,
    title: `${name} was generated at random`,
    needs: [`config.${name}`],
    run: ({ env }: Context) =>
      judgeStrength(name, name === "JWT_SECRET_KEY" ? env.jwt.keys : env.authSecrets),
  })),
];

/** `parseEnv` writes "NAME: what is wrong. How to fix it". */
function judgeProblems(problems: readonly string[]): Outcome {
  if (problems.length === 0) return passed();
  const findings = problems
    .map((problem) => problem.replace(": ", " "))
    .map((problem) => {
      const end = problem.search(/\. (?=[A-Z])/);
      return end < 0
        ? { reason: problem, fix: "See .env.example" }
        : { reason: problem.slice(0, end), fix: problem.slice(end + 2) };
    });
  return { status: "failed", findings };
}

export function judgeScheme(origin: string): Outcome {
  const { protocol, hostname } = new URL(origin);
  if (protocol === "https:") return passed();
  if (isLoopback(hostname)) return passed("http, which is fine on loopback");
  return failed(
    `BETTER_AUTH_URL is ${origin}: cookies are sent unencrypted, without Secure`,
    "Serve the app over TLS and set BETTER_AUTH_URL to its https:// address",
  );
}

export function judgeStrength(name: string, secrets: readonly string[]): Outcome {
  const bits = Math.min(...secrets.map(estimateBits));
  if (bits >= WEAK_BELOW_BITS) return passed();
  return warning(
    `${name} looks typed, not generated at random: about ${bits} bits; expected at least ${WEAK_BELOW_BITS}`,
    "Generate one with: openssl rand -base64 32",
  );
}
