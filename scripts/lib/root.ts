import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** As a person would write it: relative to {@link root} where it lies inside. */
export function shorten(file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith("..") ? file : relative;
}
