import { explainFileError } from "./file-error";
import { stopProcesses } from "./process";
import { haltSteps } from "./progress";
import { UserError } from "./user-error";

/** The exit code of a process that a signal ended: 128 and the signal's number, as shells have it. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** For how long things may take to close before the process goes all the same. Milliseconds. */
const CLOSE_WITHIN = 15_000;

/** Keeps a function to call when the task ends, however it ends. The last one kept is called first. */
export type AtEnd = (close: () => Promise<unknown>) => void;

/**
 * Runs a task and ends the process: with 0 (or `process.exitCode`) when it is done, 1 when it fails, 128 + n
 * on signal n. Whatever it started is stopped first, in the middle of a step too.
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
    // On Ctrl-C npm hands on the signal that the terminal has sent already.
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

/** A SIGTERM to npm ends npm and its shell, and leaves what they started running. */
function onOrphaned(callback: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && callback(), 500).unref();
}

function report(error: unknown): void {
  console.error(error instanceof UserError ? error.message : (explainFileError(error) ?? error));
}
