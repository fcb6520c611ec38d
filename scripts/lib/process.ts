import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { logFile, openLog, withTail } from "./log-file";
import { root } from "./root";
import { UserError } from "./user-error";

/** The time between SIGTERM and SIGKILL. Milliseconds. */
const STOP_WITHIN = 5_000;
/** Milliseconds. */
const READY_WITHIN = 90_000;

/**
 * Ends the whole process group when this process ends. Descriptor 3 is a pipe from this process,
 * and the system closes it however this process ends (by SIGKILL too).
 * The shell stays as the leader of the group, and exits after its command. It sets a trap for
 * SIGTERM because the command would inherit an ignored signal, but does not inherit a trap.
 * The watcher ends by SIGKILL: right after its start it still has the shell's trap, so SIGTERM would
 * not end it, and a command that ends at once would wait for it for ever.
 */
const WATCHDOG = [
  "trap : TERM",
  "(read -r _ <&3; kill -s KILL 0) &",
  '"$@" 3<&-',
  "code=$?",
  "{ kill -s KILL $!; wait; } 2>/dev/null",
  "exit $code",
].join("\n");

export type Environment = Record<string, string | undefined>;

export interface Command {
  /** The name of the log file, also used in messages. */
  name: string;
  command: string;
  args: string[];
  env?: Environment;
  cwd?: string;
  /** The folder of the log. `null`: show the output on the terminal instead. */
  logDir?: string | null;
}

export interface Service extends Command {
  /**
   * Resolves when the process serves requests. The signal aborts when the process has ended or
   * takes too long.
   */
  ready: (signal: AbortSignal) => Promise<void>;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;
  /** Sends SIGTERM to the process and its children, and SIGKILL if they do not end in time. */
  stop(): Promise<void>;
}

export interface Exit {
  code: number | null;
  /** How the process ended, and the end of its log. */
  message: string;
}

const running = new Set<RunningProcess>();

/**
 * Starts a process that keeps running, and waits until it serves requests.
 * @throws {UserError} with the end of its log when it ends before that, or takes too long
 */
export async function startProcess(service: Service): Promise<RunningProcess> {
  const child = await launch(service);
  const giveUp = new AbortController();
  void child.exited.then(({ message }) => giveUp.abort(new UserError(message)));
  const timer = setTimeout(() => {
    const waited = `${service.name} does not respond after ${READY_WITHIN / 1000} s`;
    giveUp.abort(new UserError(withTail(waited, logFile(service.name, service.logDir))));
  }, READY_WITHIN);
  try {
    await service.ready(giveUp.signal);
    return child;
  } catch (error) {
    await child.stop();
    throw giveUp.signal.reason ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a command until it ends.
 * @throws {UserError} with the end of its log when it fails
 */
export async function runProcess(command: Command): Promise<void> {
  const child = await launch(command);
  const { code, message } = await child.exited;
  if (code !== 0) throw new UserError(message);
}

/** Stops all processes that still run. */
export async function stopProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** For {@link Service.ready}: waits for a response with a 2xx status. */
export function respondsAt(url: string): Service["ready"] {
  return async (signal) => {
    while (!(await isOk(url, signal))) await sleep(100, undefined, { signal });
  };
}

async function isOk(url: string, signal: AbortSignal): Promise<boolean> {
  return fetch(url, { signal }).then(
    (response) => response.ok,
    () => false,
  );
}

async function launch(command: Command): Promise<RunningProcess> {
  const file = logFile(command.name, command.logDir);
  const log = file ? openLog(file) : "inherit";
  const child = spawn("sh", ["-c", WATCHDOG, "sh", command.command, ...command.args], {
    cwd: command.cwd ?? root,
    env: (command.env ?? process.env) as NodeJS.ProcessEnv,
    stdio: ["ignore", log, log, "pipe"],
    // A separate process group: Ctrl-C on the terminal does not reach it, so that this process can
    // stop the parts in order.
    detached: true,
  });
  if (typeof log === "number") closeSync(log);
  await once(child, "spawn");
  const pid = child.pid as number;

  const exited = once(child, "exit").then(([code, signal]): Exit => {
    // End child processes that are still running.
    signalGroup(pid, "SIGKILL");
    running.delete(self);
    const how = signal ? `was ended by ${signal}` : `stopped with exit code ${code}`;
    return { code, message: withTail(`${command.name} ${how}`, file) };
  });
  const self: RunningProcess = {
    name: command.name,
    pid,
    exited,
    async stop() {
      if (!running.has(self)) return;
      signalGroup(pid, "SIGTERM");
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_WITHIN);
      await exited;
      clearTimeout(timer);
    },
  };
  running.add(self);
  return self;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group has no processes left.
  }
}
