import { createHmac, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { createGate } from "../../edge/gate";
import { parseEnv } from "../../lib/env";
import { routes } from "../../lib/routes";
import { identityOf } from "../../lib/token/contract";
import { AUTH_SECRET, sessionToken } from "../stack/signing";
import { testEnv } from "../stack/test-stack";
import { collectGarbage } from "./collect-garbage";
import { browserHeaders } from "./visitors";

// Measures how much memory one gate holds after very many sessions. It runs in its own process, so
// that nothing else is in the memory:
// node --import tsx scripts/bench/many-sessions.ts <sessions> <file for the bytes held after each tenth of
// them>

const APP = "https://gatehouse.example";
const AT_A_TIME = 500;

const [sessions, file] = [Number(process.argv[2]), String(process.argv[3])];
const gate = startGate();
await sendRequest(0);
const before = await heldBytes();
const held: number[] = [];
for (let n = 1; n <= sessions; n += AT_A_TIME) {
  await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => sendRequest(n + i)));
  if (n + AT_A_TIME > (sessions * (held.length + 1)) / 10) held.push((await heldBytes()) - before);
}
writeFileSync(file, JSON.stringify(held));

/** A gate whose session store knows every session and responds at once. */
function startGate() {
  const expiresAt = Date.now() + 86_400_000;
  return createGate({
    ...parseEnv(testEnv({ BETTER_AUTH_URL: APP })),
    // Longer than the measurement takes.
    sessionMaxStaleSeconds: 86_400,
    routes,
    fetch,
    store: async (header) => {
      const sessionId = header.match(/session_token=([^.]+)/)?.[1] ?? "";
      const user = { id: `user-of-${sessionId}`, email: "ada@example.com", name: "Ada" };
      const identity = identityOf(user, { id: sessionId });
      return { session: { identity, expiresAt }, setCookies: [] };
    },
    keyStore: async () => undefined,
    now: Date.now,
    startTimer: () => () => {},
    randomId: randomUUID,
    log: ({ error }) => {
      throw new Error(error);
    },
    observers: [],
  });
}

async function sendRequest(n: number): Promise<void> {
  const token = sessionToken(`session${n}`);
  const signature = createHmac("sha256", AUTH_SECRET).update(token).digest("base64");
  const cookie = `__Secure-better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
  const response = await gate(new Request(`${APP}/backend/api/tasks`, { headers: browserHeaders(cookie) }));
  if (!response.headers.has("x-middleware-request-authorization"))
    throw new Error(`Status ${response.status}`);
}

/** The bytes in use after a garbage collection. */
async function heldBytes(): Promise<number> {
  collectGarbage();
  await setImmediate();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
