type Settings = Readonly<Record<string, string | undefined>>;

const HIDDEN = "***";

const SECRETS = [
  "BETTER_AUTH_SECRET",
  "BETTER_AUTH_SECRETS",
  "GITHUB_CLIENT_SECRET",
  "GOOGLE_CLIENT_SECRET",
  "JWT_SECRET_KEY",
  "OAUTH_PROXY_SECRET",
];

/**
 * The last line of defence: hides every secret of the configuration, every password in a URL and
 * every token in the doctor's output. A library may have put one into its error message.
 */
export function createRedactor(settings: Settings): (text: string) => string {
  const secrets = [...listSecrets(settings)].sort((one, other) => other.length - one.length);
  return (text) =>
    secrets
      .reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text)
      // Keep the example URL of our own messages readable.
      .replace(/\/\/(?!user:password@)[^\s/@"]+@/g, `//${HIDDEN}@`)
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN);
}

function* listSecrets(settings: Settings): Generator<string> {
  for (const name of SECRETS) {
    const value = settings[name]?.trim() ?? "";
    const keys = value.split(",").map((key) => key.trim());
    // In "2:<new secret>" the number is the version, not part of the secret.
    const bare = keys.map((key) => key.replace(/^\d+:/, ""));
    // Short secrets are invalid anyway, and hiding them would remove ordinary words from the text.
    for (const secret of [value, ...keys, ...bare]) {
      if (secret.length >= 8) yield secret;
    }
  }
  const database = settings.DATABASE_URL?.trim() ?? "";
  if (database.length >= 8) yield database;
  const { password } = URL.canParse(database) ? new URL(database) : { password: "" };
  if (password.length >= 4) yield* [password, decodePercent(password)];
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
