/** Limits of the time between two attempts. Milliseconds. */
const SHORTEST = 1_000;
const LONGEST = 30_000;

/**
 * Returns how long to wait before the next attempt, in milliseconds. The time grows with each
 * failure. It is random, so that not all pages reconnect at the same moment.
 * @param random from 0 to 1
 */
export function reconnectDelay(failures: number, random: number): number {
  const max = Math.min(LONGEST, 2 * SHORTEST * 2 ** failures);
  return SHORTEST + random * (max - SHORTEST);
}

interface Listener {
  onMessage(data: unknown): void;
  /** The socket could not be opened. The browser does not report the reason. */
  onRefused(): void;
}

/**
 * Keeps a WebSocket to `path` on the page's own origin open while the page is visible. A hidden
 * page keeps its socket, but does not open a new one.
 * @returns a function that closes the socket and stops reconnecting
 */
export function stayConnected(path: string, { onMessage, onRefused }: Listener): () => void {
  let socket: WebSocket | undefined;
  let failures = 0;
  // Not immediately: a page that the visitor leaves at once opens no socket.
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
      // Reset on a message, not on open: a socket that is accepted and then closed without a
      // message counts as a failure, like one that is refused.
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
  // When the network is back, try at once.
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

/** Returns an absolute URL: in browsers before 2024, `WebSocket` accepts no relative URL. */
function webSocketUrl(path: string): URL {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
