import { explainFileError } from "./file-error";
import { stopProcesses } from "./process";
import { haltSteps } from "./progress";
import { UserError } from "./user-error";

/** The exit code of a process that a signal ended: 128 plus the signal's number, as in shells. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** How long the cleanup may take before the process exits anyway. Milliseconds. */
const CLOSE_WITHIN = 15_000;

/**
 * Registers a function to call when the task ends for any reason. The last one registered is called
 * first.
 */
export type AtEnd = (close: () => Promise<unknown>) => void;

/**
 * Runs a task and then exits: with 0 (or `process.exitCode`) on success, 1 on an error, and 128 + n
 * on signal n. First it stops everything that the task has started, even in the middle of a step.
 */
export function main(task: (atEnd: AtEnd) => Promise<void>): void {
  const closers: (() => Promise<unknown>)[] = [];
  let ending = false;

  const end = async (exitCode: number) => {
    ending = true;
    setTimeout(() => process.exit(exitCode), CLOSE_WITHIN).unref();
    for (const close of closers.reverse()) await close().catch(report);
    await stopProcesses();
    process.exit(exitCode);
  };

  const interrupt = (exitCode: number) => {
    // On Ctrl-C the signal arrives twice: from the terminal, and from npm, which forwards it.
    if (ending) return;
    haltSteps();
    console.log("\nStopping …");
    void end(exitCode);
  };
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(signal, () => interrupt(exitCode));
  }
  onOrphaned(() => interrupt(SIGNAL_EXIT_CODES.SIGTERM));

  task((close) => closers.push(close)).then(
    () => ending || end(Number(process.exitCode ?? 0)),
    (error: unknown) => {
      if (ending) return;
      report(error);
      void end(1);
    },
  );
}

/**
 * Calls back when the parent process has ended: a SIGTERM to npm ends npm and its shell, but not
 * this process.
 */
function onOrphaned(callback: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && callback(), 500).unref();
}

function report(error: unknown): void {
  console.error(error instanceof UserError ? error.message : (explainFileError(error) ?? error));
}
