import type { components } from "../../../lib/api-types";

export type Task = components["schemas"]["Task"];

/** What the server takes. */
export const MAX_TITLE = 200;

/** A task as the list shows it. */
export type Row = Task & { /** Not on the server yet, so nothing can be done with it. */ saving?: true };

/** What the visitor wants done with one task. */
export type Change =
  /** `id` is made up: the server gives the task its own. */
  | { kind: "add"; id: string; title: string; done: boolean }
  | { kind: "mark"; id: string; title: string; done: boolean }
  | { kind: "rename"; id: string; title: string }
  | { kind: "delete"; id: string; title: string; done: boolean };

/** The list as it will be when the server has agreed. */
export function preview(rows: Row[], change: Change): Row[] {
  const { id, title } = change;
  switch (change.kind) {
    case "add":
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

/** Shown beside the task when it is not. */
export function sayFailed(change: Change): string {
  switch (change.kind) {
    case "add":
      return `“${change.title}” was not added.`;
    case "mark":
      return `This was not marked as ${change.done ? "done" : "to do"}.`;
    case "rename":
      return `This was not renamed to “${change.title}”.`;
    case "delete":
      return "This was not deleted.";
  }
}
