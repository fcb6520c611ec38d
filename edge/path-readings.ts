/**
 * Endings of paths that Next's router requests. Next reads `/api/x.rsc` as `/api/x`, and Vercel reads
 * `/api/x/.rsc` and `/api/x.segments/_tree.segment.rsc` in the same way.
 */
const ROUTER_ENDING = /\/?(?:\.prefetch|\.segments\/.+\.segment)?\.rsc$/;

/**
 * The paths that a server could read in this one: as it is decoded once, and as ever more generous
 * servers read it, which decode twice and merge slashes, cut a segment at a semicolon, and resolve
 * dot segments.
 *
 * Attack: `/backend/%61dmin` and `/backend/x/..;/admin` are not `/backend/admin` as text, and could be
 * to the server. Defence: a rule or a bound applies if one reading is in its pattern. Patterns are
 * ASCII, so each encoded byte is decoded by itself, and no encoding is invalid.
 */
export function readingsOf(pathname: string): readonly string[] {
  if (!/[%;\\.]|\/\/|\/$/.test(pathname)) return [pathname];
  const decoded = decodeBytes(pathname);
  const merged = decodeBytes(decoded).split(/[/\\]/).filter(Boolean);
  const cut = merged.map((segment) => segment.replace(/;.*/s, "")).filter(Boolean);
  const resolved: string[] = [];
  for (const segment of cut) {
    if (segment === "..") resolved.pop();
    else if (segment !== ".") resolved.push(segment);
  }
  const read = [resolved, cut, merged].map((segments) => `/${segments.join("/")}`);
  return [decoded, ...read, ...read.map((path) => path.replace(ROUTER_ENDING, ""))];
}

function decodeBytes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
