import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../lib/routes";
import { isFull } from "../../scripts/lib/full-tests";
import { linkTree } from "../../scripts/lib/link-tree";
import { acceptsConnections, freePort, LOOPBACK, listen } from "../../scripts/lib/ports";
import { root } from "../../scripts/lib/root";
import { ensureVenv } from "../../scripts/stack/backend";
import { type OtherBackends, startOtherBackends } from "../../scripts/stack/other-backends";
import { AUTH_SECRET, signCookieCache, signSessionToken } from "../../scripts/stack/signing";
import { testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { everyNth } from "../fixtures/full";
import { copyProject } from "../fixtures/project-copy";

/**
 * `npm run up` as in a fresh clone. In the full run the folder contains no file that git ignores.
 * Otherwise it contains the installed packages: `npm test` in a fresh clone installs them by the
 * same code.
 */

let folder: string;
let port: number;
let running: ChildProcess | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-clone-"));
  port = await freePort();
  copyProject(folder);
  if (!isFull) await addInstalledPackages();
}, 300_000);
afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) await interrupt();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function addInstalledPackages(): Promise<void> {
  await ensureVenv();
  symlinkSync(join(root, "backend/.venv"), join(folder, "backend/.venv"));
  try {
    linkTree(join(root, "node_modules"), join(folder, "node_modules"));
  } catch (error) {
    // The folder is on another file system. Without packages, `npm run up` installs them.
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    rmSync(join(folder, "node_modules"), { recursive: true });
  }
}

/** The addresses of further backends, which `npm run up` requires but does not call. */
const unused = Object.fromEntries(
  routes.backends.slice(1).map(({ address }) => [address, "http://127.0.0.1:9"]),
);

/** Starts it like a terminal, in a new process group. */
function up(env: Record<string, string> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const environment: Record<string, string> = { PATH, HOME, PORT: String(port), ...unused, ...env };
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

/** Ctrl-C: sends SIGINT to the whole process group. Returns the exit code as a shell reports it. */
async function interrupt(): Promise<number> {
  const child = running as ChildProcess;
  const exited = once(child, "exit");
  process.kill(-(child.pid as number), "SIGINT");
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal as NodeJS.Signals];
}

/** Processes that were started from the folder and are still running. */
function leftovers(): string[] {
  const listing = execFileSync("ps", ["-eo", "pid=,args="]).toString().split("\n");
  return listing.filter((line) => line.includes(folder) || isIn(folder, line.trim().split(" ")[0] ?? ""));
}

/** Next renames its process to `next-server`, so only its working directory identifies it. */
function isIn(place: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(place);
  } catch {
    return false;
  }
}

describe("npm run up", () => {
  it("starts from nothing and has a working demo account, and Ctrl-C stops all processes", async () => {
    const stack = up();
    await stack.ready();
    expect(stack.output).toMatch(`http://localhost:${port}`);
    const [, email = "", password = ""] = stack.output.match(/Demo account +(\S+) \/ (\S+)/) ?? [];

    const visitor = new Visitor(`http://localhost:${port}`);
    expect((await visitor.signIn(email, password)).status).toBe(200);
    expect(await (await visitor.fetch("/api/auth/list-sessions")).json()).toHaveLength(1);
    expect(await (await visitor.fetch("/backend/api/me")).json()).toMatchObject({ email });
    expect(await (await visitor.fetch("/account")).text()).toContain(email);
    const created = await visitor.post("/backend/api/tasks", { title: "Still here tomorrow" });
    expect(created.status).toBe(201);

    expect(leftovers().length).toBeGreaterThan(0);
    expect(await interrupt()).toBe(130);
    expect(leftovers()).toEqual([]);
    expect(await acceptsConnections(LOOPBACK, port)).toBe(false);
  }, 600_000);

  it("prints no secret, and keeps the data until the next start", async () => {
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

  it("uses the backend in BACKEND_URL, and starts none", async () => {
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

describe("a $ in a secret", () => {
  const KEY = "2bXh8jVZq0mTgk5cW1yRrNfEoU7sLdPa";
  let before: string;
  let others: OtherBackends;
  beforeAll(async () => {
    before = readFileSync(join(folder, ".env.local"), "utf8");
    others = await startOtherBackends(testEnv({ JWT_SECRET_KEY: `${KEY}$tail#x` }));
  });
  afterAll(async () => {
    writeFileSync(join(folder, ".env.local"), before);
    await others?.stop();
  });
  /** Where it is, a line of .env.local, and variables of the environment. */
  const places: [string, string, Record<string, string>][] = [
    ["in .env.local", `JWT_SECRET_KEY='${KEY}\\$tail#x'`, {}],
    ["in the environment", `JWT_SECRET_KEY=${KEY}`, { JWT_SECRET_KEY: `${KEY}$tail#x` }],
  ];
  /** Replaces the line of the same variable in .env.local. */
  const write = (line: string) => {
    const name = line.split("=")[0];
    const others = before.split("\n").filter((one) => !one.startsWith(`${name}=`));
    writeFileSync(join(folder, ".env.local"), [...others, line, ""].join("\n"));
  };
  const { PATH = "", HOME = "" } = process.env;
  const clean = { PATH, HOME, NEXT_TELEMETRY_DISABLED: "1" };
  const doctor = () => {
    const args = ["run", "-s", "doctor", "--", "--json"];
    const { stdout, status } = spawnSync("npm", args, {
      cwd: folder,
      env: { ...clean, ...others.env } as unknown as NodeJS.ProcessEnv,
    });
    const { checks } = JSON.parse(stdout.toString()) as { checks: { id: string; status: string }[] };
    return {
      status,
      text: stdout.toString(),
      statusOf: (id: string) => checks.find((one) => one.id === id)?.status,
    };
  };
  const NEXT = ["node_modules/next/dist/bin/next", "start", "-H", LOOPBACK, "-p"];
  const nextStart = (env: Record<string, string>) =>
    spawn(process.execPath, [...NEXT, String(port)], {
      cwd: folder,
      env: { ...clean, ...others.env, ...env } as unknown as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
  const signedIn = async () => {
    const [token, updatedAt, secret] = ["token-1", Date.now(), AUTH_SECRET];
    return [
      `better-auth.session_token=${await signSessionToken(token, secret)}`,
      `better-auth.session_data=${await signCookieCache({ token, updatedAt, secret })}`,
    ].join("; ");
  };

  it.each(everyNth(2, places))(
    "%s is one value for the gate, FastAPI and the doctor",
    async (_, line, env) => {
      write(line);
      const stack = up({ ...others.env, ...env });
      await stack.ready();
      const [, email = "", password = ""] = stack.output.match(/Demo account +(\S+) \/ (\S+)/) ?? [];
      const visitor = new Visitor(`http://localhost:${port}`);
      expect((await visitor.signIn(email, password)).status).toBe(200);
      expect((await visitor.fetch("/backend/api/me")).status).toBe(200);
      const { status, statusOf } = doctor();
      // The doctor cannot see the environment of another process.
      expect(statusOf("backend.accepts")).toBe(env.JWT_SECRET_KEY ? "failed" : "passed");
      expect(status).toBe(env.JWT_SECRET_KEY ? 1 : 0);
      await interrupt();
    },
    180_000,
  );

  it.each(everyNth(2, places))(
    "%s is the same value for next start",
    async (_, line, env) => {
      write(line);
      const echo = await startEchoUpstream();
      const origin = `http://${LOOPBACK}:${port}`;
      const next = nextStart({
        BETTER_AUTH_URL: origin,
        BETTER_AUTH_SECRET: AUTH_SECRET,
        DATABASE_URL: "postgresql://u:pa$word1@127.0.0.1:9/db",
        BACKEND_URL: echo.url,
        ...env,
      });
      try {
        const health = () =>
          fetch(`${origin}/api/health`).then(
            ({ ok }) => ok,
            () => false,
          );
        while (!(await health())) await new Promise((resolve) => setTimeout(resolve, 100));
        const response = await fetch(`${origin}/backend/own`, { headers: { cookie: await signedIn() } });
        expect(response.status).toBe(200);
        const [bearer = ""] = echo.arrived.find(({ url }) => url === "/own")?.headers.authorization ?? [];
        const key = new TextEncoder().encode(`${KEY}$tail#x`);
        await jwtVerify(bearer.replace("Bearer ", ""), key, { algorithms: ["HS256"] });
      } finally {
        const exited = once(next, "exit");
        next.kill();
        await exited;
        await echo.stop();
      }
    },
    60_000,
  );

  it.each(
    everyNth(4, [
      `JWT_SECRET_KEY=${KEY}$tail`,
      `JWT_SECRET_KEY=${KEY}#tail`,
      "DATABASE_URL=postgresql://u:pa$word1@host/db",
      "DATABASE_URL=postgresql://u:p@host",
    ]),
  )(
    "%s in .env.local is refused by up, the doctor and next start, in the same words",
    async (line) => {
      write(line);
      const [name = ""] = line.split("=");
      const stack = up();
      expect(await stack.exited).toBe(1);
      const words =
        stack.output
          .split("\n")
          .find((one) => one.includes(`${name}: `))
          ?.replace(/^ *- /, "") ?? "";
      expect(words).toMatch(/ (Write|Put|It looks like) /);
      const { status, text, statusOf } = doctor();
      expect(status).toBe(1);
      expect(statusOf(`config.${name}`)).toBe("failed");
      expect(
        JSON.parse(text).checks.find((one: { id: string }) => one.id === `config.${name}`),
      ).toMatchObject({
        findings: [expect.objectContaining({ fix: words.slice(words.search(/\. (?=[A-Z])/) + 2) })],
      });
      const next = nextStart({ BETTER_AUTH_URL: "http://localhost:3000", BACKEND_URL: "http://127.0.0.1:9" });
      let output = "";
      next.stderr.on("data", (chunk) => {
        output += chunk;
      });
      const [code] = await once(next, "exit");
      expect(code).not.toBe(0);
      expect(output).toContain(words);
      expect(stack.output + text + output).not.toMatch(/\$tail|#tail|word1/);
    },
    60_000,
  );
});

describe("npm run up explains in one line what is wrong and how to fix it", () => {
  const errorOutput = async (env: Record<string, string>) => {
    const stack = up(env);
    expect(await stack.exited).toBe(1);
    expect(stack.output).not.toMatch(/\n\s+at /);
    expect(leftovers()).toEqual([]);
    return stack.output;
  };

  it("when the port is in use", async () => {
    const server = createServer();
    await listen(server, port);
    expect(await errorOutput({})).toMatch(
      new RegExp(`Port ${port} is in use\\..*PORT=${port + 1} npm run up`),
    );
    server.close();
  });

  it("when there is no Python", async () => {
    expect(await errorOutput({ PYTHON: "/no/such/python" })).toMatch(/Python.*Install/i);
  });

  it("when the database does not respond", async () => {
    const dead = await freePort();
    const output = await errorOutput({ DATABASE_URL: `postgresql://user:secret-word@127.0.0.1:${dead}/db` });
    expect(output).toMatch(/The database cannot be used:.*DATABASE_URL/);
    expect(output).not.toContain("secret-word");
  });

  it("when a secret is weak", async () => {
    expect(await errorOutput({ JWT_SECRET_KEY: "short" })).toMatch(
      /JWT_SECRET_KEY: is 5 bytes long.*openssl/,
    );
  });
});
