import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort, isAnswering, LOOPBACK, listen } from "../../scripts/lib/ports";
import { startEchoUpstream } from "../support/echo-upstream";
import { Visitor } from "../support/visitor";

/** `npm run up` as a newcomer runs it: in a folder that holds what git holds, and nothing else. */

let folder: string;
let port: number;
let running: ChildProcess | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-clone-"));
  port = await freePort();
  const files = execFileSync("git", [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
  ]).toString();
  for (const file of files.split("\0").filter((name) => name && existsSync(name)))
    cpSync(file, join(folder, file));
});
afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) await interrupt();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts it as a terminal would, in a process group of its own. */
function up(env: Record<string, string> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const environment: Record<string, string> = { PATH, HOME, PORT: String(port), ...env };
  const child = spawn("npm", ["run", "up"], {
    cwd: folder,
    env: environment as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running = child;
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return {
    get output() {
      return output;
    },
    exited: once(child, "exit").then(([code]) => code as number),
    async ready() {
      while (!output.includes("Ctrl-C stops everything")) {
        if (child.exitCode !== null) throw new Error(output);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

/** Ctrl-C: the terminal sends it to the whole group. Gives the exit code as a shell has it. */
async function interrupt(): Promise<number> {
  const child = running as ChildProcess;
  const exited = once(child, "exit");
  process.kill(-(child.pid as number), "SIGINT");
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal as NodeJS.Signals];
}

/** The processes that were started from the folder and are still there. */
function leftovers(): string[] {
  const listing = execFileSync("ps", ["-eo", "pid=,args="]).toString().split("\n");
  return listing.filter((line) => line.includes(folder) || isIn(folder, line.trim().split(" ")[0] ?? ""));
}

/** Next calls itself `next-server`: where it runs tells whose it is. */
function isIn(place: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(place);
  } catch {
    return false;
  }
}

describe("npm run up", () => {
  it("goes from nothing to a demo account that works, and Ctrl-C leaves nothing behind", async () => {
    const stack = up();
    await stack.ready();
    expect(stack.output).toMatch(`http://localhost:${port}`);
    const [, email = "", password = ""] = stack.output.match(/Demo account +(\S+) \/ (\S+)/) ?? [];

    const visitor = new Visitor(`http://localhost:${port}`);
    expect((await visitor.signIn(email, password)).status).toBe(200);
    expect(await (await visitor.fetch("/backend/api/me")).json()).toMatchObject({ email });
    expect(await (await visitor.fetch("/dashboard")).text()).toContain(email);
    const created = await visitor.post("/backend/api/tasks", { title: "Still here tomorrow" });
    expect(created.status).toBe(201);

    expect(leftovers().length).toBeGreaterThan(0);
    expect(await interrupt()).toBe(130);
    expect(leftovers()).toEqual([]);
    expect(await isAnswering(LOOPBACK, port)).toBe(false);
  }, 600_000);

  it("keeps secrets to itself, and data until the next time", async () => {
    const secrets = readFileSync(join(folder, ".env.local"), "utf8");
    const stack = up();
    await stack.ready();
    expect(readFileSync(join(folder, ".env.local"), "utf8")).toBe(secrets);
    for (const value of secrets.match(/(?<==)\S{32,}/g) ?? []) expect(stack.output).not.toContain(value);

    const [, email = "", password = ""] = stack.output.match(/Demo account +(\S+) \/ (\S+)/) ?? [];
    const visitor = new Visitor(`http://127.0.0.1:${port}`);
    await visitor.signIn(email, password);
    expect(await (await visitor.fetch("/backend/api/tasks")).text()).toContain("Still here tomorrow");
  }, 120_000);

  it("uses a backend of one's own, and starts none", async () => {
    const echo = await startEchoUpstream();
    const stack = up({ BACKEND_URL: echo.url });
    await stack.ready();
    expect(stack.output).not.toMatch(/(Install|Start) FastAPI/);
    expect(stack.output).toContain(`${echo.url} (npm run doctor checks it)`);
    const [, email = "", password = ""] = stack.output.match(/Demo account +(\S+) \/ (\S+)/) ?? [];
    const visitor = new Visitor(`http://localhost:${port}`);
    await visitor.signIn(email, password);
    await visitor.fetch("/backend/own");
    expect(echo.arrived.map(({ url }) => url)).toContain("/own");
    await echo.stop();
  }, 120_000);
});

describe("npm run up says in a line what is wrong and how to mend it", () => {
  const complaint = async (env: Record<string, string>) => {
    const stack = up(env);
    expect(await stack.exited).toBe(1);
    expect(stack.output).not.toMatch(/\n\s+at /);
    expect(leftovers()).toEqual([]);
    return stack.output;
  };

  it("when the port is in use", async () => {
    const server = createServer();
    await listen(server, port);
    expect(await complaint({})).toMatch(new RegExp(`Port ${port} is in use\\..*PORT=${port + 1} npm run up`));
    server.close();
  });

  it("when there is no Python", async () => {
    expect(await complaint({ PYTHON: "/no/such/python" })).toMatch(/Python.*Install/i);
  });

  it("when the database does not answer", async () => {
    const dead = await freePort();
    const output = await complaint({ DATABASE_URL: `postgresql://user:secret-word@127.0.0.1:${dead}/db` });
    expect(output).toMatch(/The database cannot be used:.*DATABASE_URL/);
    expect(output).not.toContain("secret-word");
  });

  it("when a secret is weak", async () => {
    expect(await complaint({ JWT_SECRET_KEY: "short" })).toMatch(/JWT_SECRET_KEY: is 5 bytes long.*openssl/);
  });
});
