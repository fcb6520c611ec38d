import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, isAnswering, LOOPBACK } from "../../scripts/lib/ports";
import { startProcess } from "../../scripts/lib/process";
import { selfSigned } from "./certificate";
import { unpackDebian } from "./debian";
import { readSamples } from "./guides";

/** The upstreams behind each name of the proxy. */
export type Upstreams = Readonly<Record<string, readonly string[]>>;

/**
 * Starts nginx in front of the apps, set up like the proxy of docs/self-hosting.md, with one port
 * for each name. Several upstreams of one name take turns. It sends the client's address in
 * `X-Real-IP`.
 */
export async function startNginx<Name extends string>(names: readonly Name[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-nginx-"));
  mkdirSync(path.join(folder, "logs"));
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  const config = path.join(folder, "nginx.conf");
  const nobody = Object.fromEntries(names.map((name) => [name, ["http://127.0.0.1:9"]]));
  writeFileSync(config, configure(folder, ports, nobody));
  const server = await startProcess({
    name: "nginx",
    command: findNginx(),
    args: ["-p", folder, "-c", config, "-e", path.join(folder, "logs/error.log")],
    logDir: folder,
    ready: async (signal) => {
      const listens = () => Promise.all([...ports.values()].map((port) => isAnswering(LOOPBACK, port)));
      while (!(await listens()).every(Boolean)) await sleep(50, undefined, { signal });
    },
  });
  const origin = (name: Name) => `http://${LOOPBACK}:${ports.get(name)}`;
  return {
    origin,
    /** Sends new requests to these upstreams. Requests in progress stay where they are. */
    async route(upstreams: Record<Name, readonly string[]>): Promise<void> {
      generation += 1;
      writeFileSync(config, configure(folder, ports, upstreams));
      const master = Number(readFileSync(path.join(folder, "nginx.pid"), "utf8"));
      const before = workersOf(master);
      process.kill(master, "SIGHUP");
      const [first] = names;
      while (first && (await generationAt(origin(first))) !== String(generation)) await sleep(20);
      // For a moment after the reload, the old workers still accept connections.
      while (before.some(isAccepting)) await sleep(20);
    },
    async stop(): Promise<void> {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts nginx with the file of docs/self-hosting.md. Only the ports and the certificate are
 * replaced.
 * @param port where it listens, with TLS
 * @param apps ports of the app's instances, one or two
 */
export async function startGuideNginx(port: number, apps: readonly number[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-guide-nginx-"));
  const { key, cert } = selfSigned();
  writeFileSync(path.join(folder, "privkey.pem"), key);
  writeFileSync(path.join(folder, "fullchain.pem"), cert);
  const config = path.join(folder, "nginx.conf");
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
  writeFileSync(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr;\nevents {}\nhttp { access_log off; ${temporary}\n${guideSite(
      apps,
    )
      .replace("listen 443", `listen ${LOOPBACK}:${port}`)
      .replaceAll("/etc/letsencrypt/live/app.example.com", folder)}}\n`,
  );
  const server = await startProcess({
    ...{ name: "guide-nginx", command: findNginx(), args: ["-p", folder, "-c", config, "-e", "stderr"] },
    ...{ cwd: folder, logDir: folder },
    ready: async (signal) => {
      while (!(await isAnswering(LOOPBACK, port))) await sleep(50, undefined, { signal });
    },
  });
  return {
    async stop(): Promise<void> {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The nginx file of docs/self-hosting.md with these ports of the app. */
export function guideSite(apps: readonly number[] = [3000, 3001]): string {
  const [sample, ...others] = readSamples().filter(({ language }) => language === "nginx");
  if (!sample || others.length > 0) throw new Error("docs/ is to hold one nginx file");
  const [first = 3000, second] = apps;
  return sample.text
    .replace("127.0.0.1:3000", `127.0.0.1:${first}`)
    .replace("  server 127.0.0.1:3001;\n", second ? `  server 127.0.0.1:${second};\n` : "");
}

/**
 * The number of the current configuration. nginx does not report that it has loaded a new one, so
 * the tests request this number from it.
 */
let generation = 0;

async function generationAt(origin: string): Promise<string> {
  return (await fetch(`${origin}/nginx-generation`)).text();
}

function workersOf(master: number): string[] {
  return readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ");
}

/**
 * Whether a worker still accepts connections. The process title of one that does not contains "is
 * shutting down".
 */
function isAccepting(worker: string): boolean {
  try {
    return !readFileSync(`/proc/${worker}/cmdline`, "utf8").includes("is shutting down");
  } catch {
    return false;
  }
}

/**
 * The path of the installed nginx, or of one from Debian's package.
 * @throws when there is neither
 */
export function findNginx(): string {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  const found = folders.map((folder) => path.join(folder, "nginx")).find((file) => existsSync(file));
  return found ?? path.join(unpackDebian("nginx"), "usr/sbin/nginx");
}

function configure(folder: string, ports: ReadonlyMap<string, number>, upstreams: Upstreams): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/logs/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  # A client must not send on a connection that a reload is about to close.
  keepalive_timeout 0;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  ${[...ports].map(([name, port]) => serverBlock(name, port, upstreams[name] ?? [])).join("\n  ")}
}
`;
}

function serverBlock(name: string, port: number, targets: readonly string[]): string {
  const servers = targets.map((target) => `server ${new URL(target).host};`).join(" ");
  return `upstream ${name} { ${servers} }
  server {
    listen ${LOOPBACK}:${port};
    location = /nginx-generation { return 200 "${generation}"; }
    location / { proxy_pass http://${name}; }
  }`;
}
