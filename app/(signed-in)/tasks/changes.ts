import type { components } from "../../../lib/api-types";

export type Task = components["schemas"]["Task"];

/** What the server takes. */
export const MAX_TITLE = 200;

/** A task as the list shows it. */
export type Row = Task & { /** Not on the server yet, so nothing can be done with it. */ saving?: true };

/** What the visitor wants done with one task. */
export type Change =
  | { kind: "add"; id: string; title: string; done: boolean }
  | { kind: "mark"; id: string; title: string; done: boolean }
  | { kind: "rename"; id: string; title: string }
  | { kind: "delete"; id: string; title: string; done: boolean };

/** The list as it will be when the server has agreed. */
export function preview(rows: Row[], change: Change): Row[] {
  const { id, title } = change;
  switch (change.kind) {
    case "add":
      // The server may have told of it before it has answered.
      if (rows.some((row) => row.id === id)) return rows;
      return [{ id, title, done: change.done, created_at: "", saving: true }, ...rows];
    case "mark":
      return rows.map((row) => (row.id === id ? { ...row, done: change.done } : row));
    case "rename":
      return rows.map((row) => (row.id === id ? { ...row, title } : row));
    case "delete":
      return rows.filter((row) => row.id !== id);
  }
}

/** Read out when it is done. */
export function sayDone(change: Change): string {
  switch (change.kind) {
    case "add":
      return `Added ${change.title}.`;
    case "mark":
      return `${change.title} is ${change.done ? "done" : "to do again"}.`;
    case "rename":
      return `Renamed to ${change.title}.`;
    case "delete":
      return `Deleted ${change.title}.`;
  }
}

/** Shown beside the task when it is not, or when nobody knows whether it is. */
export function sayFailed(change: Change, unknown: boolean): string {
  const [what, how] = inWords(change);
  return unknown ? `We do not know whether ${what} was ${how}.` : `${capital(what)} was not ${how}.`;
}

function inWords(change: Change): [what: string, how: string] {
  switch (change.kind) {
    case "add":
      return [`“${change.title}”`, "added"];
    case "mark":
      return ["this", `marked as ${change.done ? "done" : "to do"}`];
    case "rename":
      return ["this", `renamed to “${change.title}”`];
    case "delete":
      return ["this", "deleted"];
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
