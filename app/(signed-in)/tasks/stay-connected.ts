/** Milliseconds. */
const SHORTEST = 1_000;
const LONGEST = 30_000;

/**
 * How long to wait before the next try, in milliseconds: longer with each failure, and for each page another time,
 * so that not all of them come back together.
 * @param random from 0 up to 1
 */
export function reconnectDelay(failures: number, random: number): number {
  const most = Math.min(LONGEST, 2 * SHORTEST * 2 ** failures);
  return SHORTEST + random * (most - SHORTEST);
}

interface Listener {
  onMessage(data: unknown): void;
  /** No socket was to be had. Why, a browser does not say. */
  onRefused(): void;
}

/**
 * Keeps a WebSocket at `path` of the page's own origin open, as long as somebody sees the page: one that is hidden
 * keeps its socket, and opens no other.
 * @returns what ends it
 */
export function stayConnected(path: string, { onMessage, onRefused }: Listener): () => void {
  let socket: WebSocket | undefined;
  let failures = 0;
  // Not at once: a page that is left again in the same breath opens nothing.
  let timer = setTimeout(openWhenSeen);

  function openWhenSeen() {
    if (!socket && document.visibilityState === "visible") socket = open();
  }

  function open(): WebSocket {
    let isOpen = false;
    const opened = new WebSocket(webSocketUrl(path));
    opened.onopen = () => {
      isOpen = true;
    };
    opened.onmessage = ({ data }) => {
      // Only now: a server that accepts and closes again is no better than one that refuses.
      failures = 0;
      onMessage(data);
    };
    opened.onclose = () => {
      socket = undefined;
      timer = setTimeout(openWhenSeen, reconnectDelay(failures, Math.random()));
      failures += 1;
      if (!isOpen) onRefused();
    };
    return opened;
  }

  function openNow() {
    clearTimeout(timer);
    openWhenSeen();
  }

  document.addEventListener("visibilitychange", openNow);
  // A network that is back is worth a try at once.
  window.addEventListener("online", openNow);
  return () => {
    document.removeEventListener("visibilitychange", openNow);
    window.removeEventListener("online", openNow);
    clearTimeout(timer);
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  };
}

/** Browsers before 2024 take no relative address here. */
function webSocketUrl(path: string): URL {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
