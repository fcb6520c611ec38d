import type { Metadata } from "next";
import { Suspense } from "react";
import { Card } from "@/app/_components/card";
import { TextLink } from "@/app/_components/text-link";
import { requireSession } from "@/lib/server/page-session";
import { loadTasks } from "../load-tasks";
import type { Task } from "../tasks/changes";
import { TasksUnavailable } from "../tasks-unavailable";
import { SummarySkeleton } from "./summary-skeleton";

export const metadata: Metadata = { title: "Dashboard" };

const LATEST = 5;

export default async function DashboardPage() {
  const { user } = await requireSession("/dashboard");
  return (
    <>
      <h1 className="text-2xl font-semibold break-words">Hello, {user.name}</h1>
      <p className="mt-1 text-muted break-words">Signed in as {user.email}</p>
      <section aria-labelledby="tasks-heading" className="mt-8">
        <h2 id="tasks-heading" className="sr-only">
          Your tasks
        </h2>
        <Suspense fallback={<SummarySkeleton />}>
          <Summary />
        </Suspense>
      </section>
    </>
  );
}

async function Summary() {
  const loaded = await loadTasks();
  if ("failure" in loaded) return <TasksUnavailable {...loaded.failure} />;
  const { items, to_do, done } = loaded.page;
  return (
    <>
      <dl className="grid grid-cols-3 gap-3 sm:gap-4">
        <Count label="To do" value={to_do} />
        <Count label="Done" value={done} />
        <Count label="Total" value={to_do + done} />
      </dl>
      <Latest tasks={items.slice(0, LATEST)} />
    </>
  );
}

function Count({ label, value }: { label: string; value: number }) {
  return (
    <div className="flex flex-col-reverse rounded-xl border border-line bg-card p-4 sm:p-6">
      <dt className="text-muted">{label}</dt>
      <dd className="text-3xl font-semibold tabular-nums">{value}</dd>
    </div>
  );
}

function Latest({ tasks }: { tasks: Task[] }) {
  return (
    <Card className="mt-4">
      <div className="flex items-center justify-between gap-4">
        <h3 className="font-semibold">Latest tasks</h3>
        <TextLink href="/tasks">{tasks.length > 0 ? "All tasks" : "Add your first task"}</TextLink>
      </div>
      {tasks.length > 0 ? (
        <ul className="mt-2 divide-y divide-line">
          {tasks.map((task) => (
            <li key={task.id} className="flex justify-between gap-4 py-3 last:pb-0">
              <span className="min-w-0 break-words">{task.title}</span>
              <span className="shrink-0 text-muted">{task.done ? "Done" : "To do"}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="mt-2 text-muted">You have no tasks yet.</p>
      )}
    </Card>
  );
}
