import { Skeleton } from "@/app/_components/skeleton";

export function SummarySkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Loading your tasks</span>
      <div className="grid grid-cols-3 gap-3 sm:gap-4">
        <Skeleton className="h-24 sm:h-28" />
        <Skeleton className="h-24 sm:h-28" />
        <Skeleton className="h-24 sm:h-28" />
      </div>
      <Skeleton className="mt-4 h-64" />
    </div>
  );
}
