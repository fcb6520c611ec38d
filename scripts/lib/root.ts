import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A path for messages: relative to {@link root} if it is inside. */
export function shorten(file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith("..") ? file : relative;
}
