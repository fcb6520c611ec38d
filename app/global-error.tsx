"use client";

import { ErrorPage, type ErrorPageProps } from "./_components/error-page";
import "./globals.css";

/** Replaces the root layout when the root layout itself fails. */
export default function GlobalError(props: ErrorPageProps) {
  return (
    <html lang="en">
      <title>Something went wrong · Gatehouse</title>
      <body>
        <ErrorPage {...props} />
      </body>
    </html>
  );
}
