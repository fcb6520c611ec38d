const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\x1b[2K";

/** Adds a remark to the line that reports the end of a step, such as "up to date". */
export type Note = (text: string) => void;

let animated = process.stdout.isTTY;
let halted = false;
let stopSpinner = () => {};
const never = new Promise<never>(() => {});

/**
 * Shows which step runs and for how long. On a terminal it shows a spinner; elsewhere it prints one
 * line at the start and one at the end.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T> | T): Promise<T> {
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  let remark = "";
  const note: Note = (text) => {
    remark = `${text}, `;
  };
  const end = (mark: string) => {
    stopSpinner();
    console.log(`${mark} ${title} (${remark}${elapsed()})`);
  };

  begin(title, elapsed);
  try {
    const result = await work(note);
    if (halted) return await never;
    end("✓");
    return result;
  } catch (error) {
    if (halted) return await never;
    end("✗");
    throw error;
  }
}

/** Turns the spinner off, because other processes write to the terminal from now on. */
export function shareTerminal(): void {
  animated = false;
}

/**
 * Makes the running step the last one. Its promise never settles, so that nothing runs after it.
 */
export function haltSteps(): void {
  stopSpinner();
  halted = true;
}

function begin(title: string, elapsed: () => string): void {
  if (!animated) {
    console.log(`• ${title}`);
    return;
  }
  let frame = 0;
  const draw = () => {
    process.stdout.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${title} (${elapsed()})`);
  };
  draw();
  const timer = setInterval(draw, 100);
  stopSpinner = () => {
    clearInterval(timer);
    process.stdout.write(CLEAR_LINE);
    stopSpinner = () => {};
  };
}
