import { notFound } from "next/navigation";
import { connection } from "next/server";

/** Shows `not-found.tsx` in the visitor's language. */
export default async function NoPage() {
  // Renders it for each request: its scripts need the nonce of the response.
  await connection();
  notFound();
}
