import type { components } from "@/lib/api/types";

export type Task = components["schemas"]["Task"];

/** The maximum that the server accepts. Characters. */
export const MAX_TITLE = 200;

/** A task as the list shows it. */
export type Row = Task & { /** Not saved yet, so it cannot be changed. */ saving?: true };

/** A change of one task that the visitor requests. */
export type Change =
  | { kind: "add"; id: string; title: string; done: boolean }
  | { kind: "mark"; id: string; title: string; done: boolean }
  | { kind: "rename"; id: string; title: string }
  | { kind: "delete"; id: string; title: string; done: boolean };

/** Returns the list as it will be once the server has accepted the change. */
export function preview(rows: Row[], change: Change): Row[] {
  const { id, title } = change;
  switch (change.kind) {
    case "add":
      // The live message about the new task can arrive before the response.
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

/** The text for screen readers when the change has succeeded. */
export function describeSuccess(change: Change): string {
  switch (change.kind) {
    case "add":
      return `Added ${change.title}.`;
    case "mark":
      return `Marked ${change.title} as ${change.done ? "done" : "to do"}.`;
    case "rename":
      return `Renamed to ${change.title}.`;
    case "delete":
      return `Deleted ${change.title}.`;
  }
}

/** The text beside the task when the change has failed, or when the result is unknown. */
export function describeFailure(change: Change, isUnknown: boolean): string {
  const [subject, action] = describeParts(change);
  return isUnknown
    ? `We do not know whether ${subject} was ${action}.`
    : `${capitalize(subject)} was not ${action}.`;
}

function describeParts(change: Change): [subject: string, action: string] {
  switch (change.kind) {
    case "add":
      return [`“${change.title}”`, "added"];
    case "mark":
      return ["the task", `marked as ${change.done ? "done" : "to do"}`];
    case "rename":
      return ["the task", `renamed to “${change.title}”`];
    case "delete":
      return ["the task", "deleted"];
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
