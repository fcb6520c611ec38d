import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../../scripts/lib/chromium";

export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...CHROMIUM_FLAGS, ...args],
  });
}

/** One text that a script of the page could read, and where it could read it. */
export interface Readable {
  readonly where: string;
  readonly text: string;
}

/** Records what the page sends and receives, as far as its scripts could read it. */
export function watchTraffic(page: Page) {
  const seen: Readable[] = [];
  const pending = new Set<Promise<void>>();
  const requests: string[] = [];

  page.on("request", (request) => {
    requests.push(`${request.method()} ${new URL(request.url()).pathname}`);
    const sent = Object.entries(request.headers()).filter(([name]) => name !== "cookie");
    seen.push({ where: `request headers of ${request.url()}`, text: JSON.stringify(sent) });
  });
  page.on("response", (response) => {
    const read = (async () => {
      // Fetch standard: Set-Cookie is a forbidden response-header name, which no script can read.
      const headers = (await response.headersArray()).filter(
        ({ name }) => name.toLowerCase() !== "set-cookie",
      );
      seen.push({ where: `response headers of ${response.url()}`, text: JSON.stringify(headers) });
      const body = await response.text().catch(() => "");
      seen.push({ where: `body of ${response.url()}`, text: body });
    })();
    pending.add(read);
    void read.finally(() => pending.delete(read));
  });

  return {
    requests,
    async all(): Promise<Readable[]> {
      await Promise.all(pending);
      const { html, ...places } = await page.evaluate(() => ({
        html: document.documentElement.outerHTML,
        cookies: document.cookie,
        localStorage: JSON.stringify(localStorage),
        sessionStorage: JSON.stringify(sessionStorage),
        windowName: window.name,
        history: JSON.stringify(history.state),
      }));
      const databases = await page.evaluate(async () => JSON.stringify(await indexedDB.databases()));
      const held = Object.entries({ ...places, html, databases });
      return [...seen, ...held.map(([where, text]) => ({ where, text }))];
    },
  };
}
