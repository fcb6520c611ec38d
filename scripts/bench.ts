import { type Case, measureArtifacts } from "../bench/artifact";
import { buildContender, buildGate, CONTENDERS } from "../bench/build";
import { ratios, spread } from "../bench/statistics";
import { startDatabase } from "../tests/support/stack";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { ensureTools } from "./lib/tools";

main(async (atEnd) => {
  await step("Install the Vercel CLI", ensureTools);
  const gate = await step("Build gate", buildGate);
  const built = await Promise.all(
    CONTENDERS.map((name) => step(`Build ${name}`, () => buildContender(name))),
  );
  const [bare, jose, auth] = built.map(({ functionDir }) => functionDir) as [string, string, string];
  const database = await startDatabase();
  atEnd(database.stop);
  const g = gate.functionDir;
  const cases: Case[] = [
    { name: "bare rewrite", functionDir: bare, visitor: "known", authorizes: false, requests: 400 },
    { name: "gate, warm", functionDir: g, visitor: "known", authorizes: true, requests: 400 },
    {
      name: "gate, cookie",
      functionDir: g,
      visitor: "new, with cookie cache",
      authorizes: true,
      requests: 100,
    },
    { name: "gate, cold", functionDir: g, visitor: "new, only in the store", authorizes: true, requests: 10 },
    { name: "jose verify + sign", functionDir: jose, visitor: "known", authorizes: true, requests: 100 },
    { name: "Better Auth getSession", functionDir: auth, visitor: "known", authorizes: true, requests: 100 },
  ];
  const { perRequest, perStart } = await measureArtifacts(cases, database, {
    rounds: 24,
    starts: 12,
    progress: () => {},
  });
  for (const [i, it] of cases.entries()) {
    const a = spread(perRequest[i]!),
      r = ratios(perRequest[i]!, perRequest[0]!),
      s = spread(perStart[i]!),
      q = ratios(perStart[i]!, perStart[0]!);
    const f = (x: typeof a) => `${x.median.toFixed(2)} (${x.min.toFixed(2)}–${x.max.toFixed(2)})`;
    console.log(it.name.padEnd(26), f(a).padEnd(28), f(r).padEnd(22), f(s).padEnd(24), f(q));
  }
});
