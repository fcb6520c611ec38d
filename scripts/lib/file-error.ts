import { shorten } from "./root";

const OWNER =
  "This user may not do this: run the command as the user who owns the folder, or change the owner of the folder";

const FIXES: Readonly<Record<string, string>> = {
  EACCES: OWNER,
  EPERM: OWNER,
  EROFS: "The file system is read-only: copy the project to a writable folder",
  ENOSPC: "The disk is full: free some space",
  EDQUOT: "This user's disk quota is used up: free some space",
  EISDIR: "A folder is in the place of a file: move it away",
  ENOTDIR: "A file is in the place of a folder: move it away",
};

/** Explains an error of the file system that the user can fix. Undefined for any other error. */
export function explainFileError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", path } = error as NodeJS.ErrnoException;
  const fix = FIXES[code];
  if (fix === undefined || path === undefined) return undefined;
  const [reason = code] = error.message.split(",");
  return `${shorten(path)} cannot be used (${reason}). ${fix}.`;
}
