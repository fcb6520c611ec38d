/** What a visitor sees while their session cannot be checked. Whole in itself: it must not need what is down. */
export const unavailablePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>One moment, please</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { display: grid; place-content: center; min-height: 100vh; margin: 0; padding: 1.5rem; box-sizing: border-box }
main { max-width: 26rem }
h1 { font-size: 1.5rem; line-height: 1.2 }
a { display: inline-block; padding: .7rem 1.2rem; border: 1px solid; border-radius: .5rem; color: inherit; text-decoration: none; font-weight: 600 }
</style>
</head>
<body>
<main>
<h1>We cannot check your sign-in right now</h1>
<p>The service that keeps the sessions does not answer. You have not been signed out, and nothing is lost.</p>
<p><a href="">Try again</a></p>
</main>
</body>
</html>
`;
