const nodes = [
  { name: "Your browser", note: "a page and a cookie", carries: "the cookie" },
  { name: "Gatehouse", note: "checks the session", carries: "a short-lived token" },
  { name: "FastAPI", note: "your data", carries: null },
];

/**
 * Shows what is sent between browser, gate and API. It is a list for screen readers. The arrows
 * point down on a phone, and right on a wider screen.
 */
export function FlowDiagram() {
  return (
    <figure className="mt-14 rounded-xl border border-line bg-card p-5 sm:p-8">
      <ol className="flex flex-col items-center gap-1 sm:flex-row sm:gap-3 sm:justify-between">
        {nodes.map(({ name, note, carries }) => (
          <li key={name} className="contents">
            <div className="w-full max-w-56 rounded-lg border border-edge px-4 py-3 text-center sm:w-auto sm:flex-1">
              <p className="font-semibold">{name}</p>
              <p className="text-sm text-muted">{note}</p>
            </div>
            {carries && (
              <div className="grid w-full grid-cols-[1fr_auto_1fr] items-center gap-2 text-sm text-muted sm:flex sm:w-auto sm:flex-col sm:gap-1">
                <Arrow />
                <span>{carries}</span>
              </div>
            )}
          </li>
        ))}
      </ol>
      <figcaption className="mt-5 text-center text-sm text-balance text-muted">
        The cookie goes no further than the gate. The gate adds the token.
      </figcaption>
    </figure>
  );
}

function Arrow() {
  return (
    <svg
      viewBox="0 0 48 16"
      aria-hidden="true"
      className="col-start-2 h-3 w-9 rotate-90 text-accent max-sm:my-3 sm:rotate-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M2 8h42M38 2l6 6-6 6" />
    </svg>
  );
}
