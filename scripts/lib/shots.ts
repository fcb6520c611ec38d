/** What docs/screenshots shows, by address. A test holds these against the pages that there are. */

export const PUBLIC = [
  "/",
  "/login",
  "/signup",
  "/forgot-password",
  "/reset-password?token=x",
  "/verify-email?done=confirmed",
  "/account-deleted",
  "/nowhere",
];

export const SIGNED_IN = ["/dashboard", "/tasks", "/account"];

/** What the gate itself shows while the database is away, by the picture's name. */
export const OUT_OF_ORDER = { unavailable: "/tasks" };

/** The picture's name. */
export function nameOf(address: string): string {
  return pathOf(address).slice(1) || "home";
}

/** Without what is asked for with it. */
export function pathOf(address: string): string {
  return address.split("?")[0] ?? address;
}
