/** The gate's own HTML pages. They load nothing, so they work while other parts of the app fail. */

/** Shown while the visitor's session cannot be checked. */
export function unavailablePage(requestId: string): string {
  return page(requestId, {
    title: "One moment, please",
    heading: "We cannot check your sign-in right now",
    text: "The service that stores the sessions does not respond. You have not been signed out, and nothing is lost.",
  });
}

/** Shown after a failure in the gate. */
export function failurePage(requestId: string): string {
  return page(requestId, {
    title: "Something went wrong",
    heading: "Something went wrong on our side",
    text: "You have not been signed out, and nothing is lost. Try again in a moment.",
  });
}

/** For a visitor who opens a URL that Better Auth refuses. `home`: the address of the home page. */
export function refusedPage(requestId: string, home: string): string {
  return page(requestId, {
    title: "This did not work",
    heading: "This link does not work",
    text: "It has been used already, has expired, or is not complete. Nothing has changed.",
    link: { href: home, label: "Go to the home page" },
  });
}

/** Shown to a visitor who opens too many URLs of Better Auth in a short time. */
export function tooManyPage(requestId: string): string {
  return page(requestId, {
    title: "One moment, please",
    heading: "Too many attempts in a short time",
    text: "Nothing has changed. Wait a minute, then try again.",
  });
}

interface Content {
  title: string;
  heading: string;
  text: string;
  link?: { href: string; label: string };
}

const TRY_AGAIN = { href: "", label: "Try again" };

/**
 * The colours are those of app/globals.css, and the logo is that of app/_components/brand.tsx. A
 * test compares them.
 */
function page(requestId: string, { title, heading, text, link = TRY_AGAIN }: Content) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Gatehouse</title>
<style>
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f7, #101314);
  --ink: light-dark(#1a2124, #e7ecee);
  --muted: light-dark(#566167, #9fabb1);
  --accent: light-dark(#0f6b64, #5fd6c9);
  --accent-strong: light-dark(#0a534d, #8ae5db);
  --on-accent: light-dark(#ffffff, #06302c);
}
body { max-width: 36rem; margin: 0 auto; padding: 1rem; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
header { display: flex; align-items: center; gap: .5rem; min-height: 2.75rem; font-weight: 600 }
svg { width: 1.5rem; color: var(--accent) }
main { padding: 3rem 0; color: var(--muted) }
h1 { margin: 0; color: var(--ink); font-size: 1.5rem; line-height: 1.33; font-weight: 600 }
p { margin: .5rem 0 }
p + p { font-size: .875rem }
a { display: inline-flex; align-items: center; min-height: 2.75rem; margin-top: 1rem; padding: 0 1rem; border-radius: .5rem; background: var(--accent); color: var(--on-accent); text-decoration: none; font-weight: 500 }
a:hover { background: var(--accent-strong) }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
code { overflow-wrap: anywhere; user-select: all }
</style>
</head>
<body>
<header>
<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M4 21V10a8 8 0 0 1 16 0v11M9 21v-8a3 3 0 0 1 6 0v8M2 21h20"/></svg>
Gatehouse
</header>
<main>
<h1>${heading}</h1>
<p>${text}</p>
<p>If you contact support, include this request id: <code>${requestId}</code></p>
<a href="${link.href}">${link.label}</a>
</main>
</body>
</html>
`;
}
