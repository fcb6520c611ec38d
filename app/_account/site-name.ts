/** The other sites one can sign in with, as they write themselves. */
const names: Readonly<Record<string, string>> = { github: "GitHub", google: "Google" };

export function siteName(id: string): string {
  return names[id] ?? id;
}
