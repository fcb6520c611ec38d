import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { root, shorten } from "./root";

const TAIL_LINES = 20;

/**
 * The log file of a process, or null where `folder` is null: then its output goes to the terminal.
 */
export function logFile(name: string, folder: string | null = path.join(root, ".data/logs")): string | null {
  return folder && path.join(folder, `${name}.log`);
}

/** Empties the file and returns its descriptor, for the process to write to. */
export function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true });
  return openSync(file, "w");
}

/** A sentence about a process, with the last lines of its log. */
export function withTail(sentence: string, file: string | null): string {
  const text = file && existsSync(file) ? readFileSync(file, "utf8").trimEnd() : "";
  if (!file || text === "") return `${sentence}.`;
  const lines = text.split("\n").slice(-TAIL_LINES);
  return `${sentence}. The end of ${shorten(file)}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
