import { Skeleton } from "@/app/_components/skeleton";
import { SummarySkeleton } from "./summary-skeleton";

export default function DashboardLoading() {
  return (
    <>
      <h1 className="sr-only">Dashboard</h1>
      <Skeleton className="h-8 w-48" />
      <Skeleton className="mt-1 h-6 w-64" />
      <div className="mt-8">
        <SummarySkeleton />
      </div>
    </>
  );
}
