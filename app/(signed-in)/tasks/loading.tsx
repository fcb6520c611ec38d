import { Skeleton } from "@/app/_components/skeleton";

export default function TasksLoading() {
  return (
    <>
      <h1 className="text-2xl font-semibold">Tasks</h1>
      <div role="status">
        <span className="sr-only">Loading your tasks</span>
        <Skeleton className="mt-1 h-6 w-40" />
        <Skeleton className="mt-6 h-18" />
        <Skeleton className="mt-6 h-64" />
      </div>
    </>
  );
}
