/** The names of the other sites for sign-in, as the sites spell them. */
const names: Readonly<Record<string, string>> = { github: "GitHub", google: "Google" };

export function providerName(id: string): string {
  return names[id] ?? id;
}
