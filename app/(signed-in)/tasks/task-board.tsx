"use client";

import { useRef } from "react";
import { Card } from "@/app/_components/card";
import { CheckListIcon } from "@/app/_components/icons";
import { toast } from "@/app/_components/toast";
import { AddTask } from "./add-task";
import { type Change, describeSuccess } from "./changes";
import { ConnectionStatus } from "./connection-status";
import { FailureNote } from "./failure-note";
import { newId } from "./new-id";
import { ShowMore } from "./show-more";
import type { TaskPage } from "./task-list";
import { TaskRow } from "./task-row";
import { useTaskChanges } from "./use-task-changes";

/** @param page the first page of the visitor's tasks */
export function TaskBoard({ page }: { page: TaskPage }) {
  const { rows, hasMore, loadMore, failures, announcement, connection, perform, dismiss } = useTaskChanges(
    page,
    offerUndo,
  );
  const heading = useRef<HTMLHeadingElement>(null);

  // A task that was not added has no row, so its failure shows above the list. The preview of the
  // row may still be visible for a moment after the failure.
  const notAdded = failures.filter(({ change }) => change.kind === "add");
  const failureOf = (id: string) => failures.find(({ change }) => change.kind !== "add" && change.id === id);
  const doneCount = rows.filter((row) => row.done).length;

  function offerUndo(change: Change) {
    if (change.kind !== "delete") return;
    const undo = () => perform({ ...change, kind: "add" });
    toast({ text: describeSuccess(change), action: { label: "Undo", onPress: undo } });
  }

  /**
   * A pressed button that disappears loses the focus. So the heading of the list takes the focus,
   * without a visible ring.
   */
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

  async function showMore() {
    const isComplete = await loadMore();
    // The button disappears.
    if (isComplete) keepFocus();
  }

  function dismissNote(id: string) {
    keepFocus();
    dismiss(id);
  }

  return (
    <>
      <div className="mt-1 flex justify-between gap-4 text-muted">
        <h2 ref={heading} tabIndex={-1}>
          {hasMore && `Newest ${rows.length}: `}
          {rows.length - doneCount} to do, {doneCount} done
        </h2>
        <ConnectionStatus connection={connection} />
      </div>
      <p role="status" className="sr-only">
        {announcement}
      </p>
      <AddTask onAdd={(title) => perform({ kind: "add", id: newId(), title, done: false })} />
      <div className="mt-3 space-y-3 empty:hidden">
        {notAdded.map((failure) => (
          <FailureNote key={failure.change.id} failure={failure} onRetry={retry} onDismiss={dismissNote} />
        ))}
      </div>
      {rows.length === 0 ? (
        <Card className="mt-6 flex flex-col items-center gap-2 py-10 text-center text-muted sm:py-12">
          <CheckListIcon />
          You have no tasks yet. Add your first task above.
        </Card>
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
      {hasMore && <ShowMore onShow={showMore} />}
    </>
  );
}
