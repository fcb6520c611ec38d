import { Skeleton } from "@/app/_components/skeleton";

export default function AccountLoading() {
  return (
    <>
      <h1 className="text-2xl font-semibold">Account</h1>
      <div role="status">
        <span className="sr-only">Loading your account</span>
        <Skeleton className="mt-6 h-54" />
        <Skeleton className="mt-6 h-104" />
        <Skeleton className="mt-6 h-88" />
      </div>
    </>
  );
}
