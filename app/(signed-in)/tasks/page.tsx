import type { Metadata } from "next";
import { requireSession } from "@/lib/server/page-session";
import { loadTasks } from "../load-tasks";
import { TasksUnavailable } from "../tasks-unavailable";
import { TaskBoard } from "./task-board";

export const metadata: Metadata = { title: "Tasks" };

export default async function TasksPage() {
  await requireSession("/tasks");
  const loaded = await loadTasks();
  return (
    <>
      <h1 className="text-2xl font-semibold">Tasks</h1>
      {"failure" in loaded ? (
        <div className="mt-6">
          <TasksUnavailable {...loaded.failure} />
        </div>
      ) : (
        <TaskBoard page={loaded.page} />
      )}
    </>
  );
}
