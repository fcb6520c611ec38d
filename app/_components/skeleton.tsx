/** A placeholder with the size of the content, so that the layout does not shift later. */
export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden="true" className={`rounded-xl bg-line motion-safe:animate-pulse ${className}`} />;
}
