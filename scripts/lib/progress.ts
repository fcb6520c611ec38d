const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\x1b[2K";

/** Adds a word to the line that says the step is done, such as "up to date". */
export type Note = (text: string) => void;

let muted = false;
let stopSpinner = () => {};

/**
 * Shows which step runs and for how long: a spinner on a terminal, a line at its beginning and its end
 * elsewhere.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T> | T): Promise<T> {
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  let remark = "";

  const end = (mark: string) => {
    stopSpinner();
    if (!muted) console.log(`${mark} ${title} (${remark}${elapsed()})`);
  };

  begin(title, elapsed);
  try {
    const result = await work((text) => {
      remark = `${text}, `;
    });
    end("✓");
    return result;
  } catch (error) {
    end("✗");
    throw error;
  }
}

/** From here on steps say nothing: they are being interrupted, and their failing is no news. */
export function muteProgress(): void {
  stopSpinner();
  muted = true;
}

function begin(title: string, elapsed: () => string): void {
  if (muted) return;
  if (!process.stdout.isTTY) {
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
