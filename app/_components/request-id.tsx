/** The ids that a user can give to support. The server's log lines of the request contain them. */
export function RequestId({ ids }: { ids: readonly (string | undefined)[] }) {
  const known = ids.filter((id) => id !== undefined);
  if (known.length === 0) return null;
  return (
    <p className="text-sm">
      If you contact support, include this request id:{" "}
      <code className="break-all select-all">{known.join(" / ")}</code>
    </p>
  );
}
