"use client";

import { ErrorPage, type ErrorPageProps } from "./_components/error-page";
import "./globals.css";

/** Takes the root layout's place when that itself fails. */
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
