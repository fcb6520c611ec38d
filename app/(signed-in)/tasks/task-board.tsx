"use client";

import { useRef } from "react";
import { Card } from "../../_components/card";
import { AddTask } from "./add-task";
import type { Change, Task } from "./changes";
import { FailureNote } from "./failure-note";
import { TaskRow } from "./task-row";
import { useTaskChanges } from "./use-task-changes";

export function TaskBoard({ tasks }: { tasks: Task[] }) {
  const { rows, failures, news, perform, dismiss } = useTaskChanges(tasks);
  const heading = useRef<HTMLHeadingElement>(null);
  const added = useRef(0);

  // A task that was not added has no row; its preview may stand for a moment longer than the failure takes.
  const notAdded = failures.filter(({ change }) => change.kind === "add");
  const failureOf = (id: string) => failures.find(({ change }) => change.kind !== "add" && change.id === id);
  const done = rows.filter((row) => row.done).length;

  function add(title: string) {
    added.current += 1;
    perform({ kind: "add", id: `new-${added.current}`, title });
  }

  /** A button that goes away when it is pressed would drop the focus; the list's heading takes it, unseen. */
  function keepFocus() {
    heading.current?.focus({ preventScroll: true });
  }

  function changeRow(change: Change) {
    if (change.kind === "delete") keepFocus();
    perform(change);
  }

  function retry(change: Change) {
    keepFocus();
    perform(change);
  }

  function dismissNote(id: string) {
    keepFocus();
    dismiss(id);
  }

  return (
    <>
      <h2 ref={heading} tabIndex={-1} className="mt-1 text-muted">
        {rows.length - done} to do, {done} done
      </h2>
      <p role="status" className="sr-only">
        {news}
      </p>
      <AddTask onAdd={add} />
      <div className="mt-3 space-y-3 empty:hidden">
        {notAdded.map((failure) => (
          <FailureNote key={failure.change.id} failure={failure} onRetry={retry} onDismiss={dismissNote} />
        ))}
      </div>
      {rows.length === 0 ? (
        <Card className="mt-6 text-center text-muted">Nothing to do yet. Add your first task above.</Card>
      ) : (
        <ul className="mt-6 divide-y divide-line rounded-xl border border-line bg-card">
          {rows.map((row) => (
            <TaskRow
              key={row.id}
              row={row}
              failure={failureOf(row.id)}
              onChange={changeRow}
              onRetry={retry}
              onDismiss={dismissNote}
            />
          ))}
        </ul>
      )}
    </>
  );
}
