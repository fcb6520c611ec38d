type Settings = Readonly<Record<string, string | undefined>>;

const HIDDEN = "***";

/**
 * The last line of defence: no secret of the configuration, no password in an address and no token leaves the doctor,
 * whatever a library wrote into its message.
 */
export function redactor(settings: Settings): (text: string) => string {
  const secrets = [...secretsOf(settings)].sort((one, other) => other.length - one.length);
  return (text) =>
    secrets
      .reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text)
      // Not the example in our own messages.
      .replace(/\/\/(?!user:password@)[^\s/@"]+@/g, `//${HIDDEN}@`)
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN);
}

function* secretsOf(settings: Settings): Generator<string> {
  for (const name of ["BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "JWT_SECRET_KEY"]) {
    const value = settings[name]?.trim() ?? "";
    const keys = value.split(",").map((key) => key.trim());
    // Of "2:<new secret>" the number is none.
    const bare = keys.map((key) => key.replace(/^\d+:/, ""));
    // Short ones are refused anyway, and would take ordinary words out of the text.
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
