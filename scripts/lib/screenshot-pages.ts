import { routes } from "../../lib/routes";

/**
 * The addresses of the pages in docs/screenshots. A test compares them with the pages of the app.
 */

export const PUBLIC = [
  "/",
  routes.login,
  "/signup",
  "/forgot-password",
  "/reset-password?token=x",
  "/verify-email?done=confirmed",
  "/account-deleted",
  "/nowhere",
];

export const SIGNED_IN = ["/dashboard", "/tasks", "/account", "/account/keys", "/device"];

/**
 * The page that the gate itself shows during an outage of the database, by the name of its picture.
 */
export const UNAVAILABLE = { unavailable: "/tasks" };

/** The name of an address's picture. */
export function nameOf(address: string): string {
  return pathOf(address).slice(1).replaceAll("/", "-") || "home";
}

/** The path of an address, without its query. */
export function pathOf(address: string): string {
  return address.split("?")[0] ?? address;
}
