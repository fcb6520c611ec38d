/** Keeps the last `capacity` entries, and calls each listener with every new one. */
export class Feed<T> {
  readonly #kept: T[] = [];
  readonly #listeners = new Set<(entry: T) => void>();

  constructor(private readonly capacity: number) {}

  add(entry: T): void {
    this.#kept.push(entry);
    if (this.#kept.length > this.capacity) this.#kept.shift();
    for (const listener of this.#listeners) listener(entry);
  }

  /**
   * Calls `listener` with each stored entry, then with each new one. Returns a function that
   * removes it.
   */
  listen(listener: (entry: T) => void): () => void {
    for (const entry of this.#kept) listener(entry);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** The feed as server-sent events (HTML Living Standard §9.2), until the reader disconnects. */
export function streamFeed<T>(feed: Feed<T>, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let leave = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // An SSE comment: it shows the reader that the connection is open before there is any entry.
      controller.enqueue(encoder.encode(":\n\n"));
      leave = feed.listen((entry) =>
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(entry)}\n\n`)),
      );
      signal.addEventListener("abort", leave);
    },
    cancel: () => leave(),
  });
  return new Response(body, {
    // `no-transform`: a compressed stream would be held back until its end.
    headers: { "content-type": "text/event-stream", "cache-control": "no-store, no-transform" },
  });
}
