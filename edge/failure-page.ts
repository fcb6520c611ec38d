/** Pages of the gate's own. Whole in themselves: they must not need what is down. */

/** What a visitor sees while their session cannot be checked. */
export function unavailablePage(requestId: string): string {
  return page(requestId, {
    title: "One moment, please",
    heading: "We cannot check your sign-in right now",
    text: "The service that keeps the sessions does not answer. You have not been signed out, and nothing is lost.",
  });
}

/** What a visitor sees of a fault in the gate. */
export function failurePage(requestId: string): string {
  return page(requestId, {
    title: "Something went wrong",
    heading: "Something went wrong on our side",
    text: "You have not been signed out, and nothing is lost. Try again in a moment.",
  });
}

function page(requestId: string, { title, heading, text }: Record<"title" | "heading" | "text", string>) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { display: grid; place-content: center; min-height: 100vh; margin: 0; padding: 1.5rem; box-sizing: border-box }
main { max-width: 26rem }
h1 { font-size: 1.5rem; line-height: 1.2 }
a { display: inline-block; padding: .7rem 1.2rem; border: 1px solid; border-radius: .5rem; color: inherit; text-decoration: none; font-weight: 600 }
small { opacity: .75 }
code { overflow-wrap: anywhere; user-select: all }
</style>
</head>
<body>
<main>
<h1>${heading}</h1>
<p>${text}</p>
<p><a href="">Try again</a></p>
<p><small>If you ask for help, name this request: <code>${requestId}</code></small></p>
</main>
</body>
</html>
`;
}
