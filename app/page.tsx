import { connection } from "next/server";
import { Brand } from "@/app/_components/brand";
import { FlowDiagram } from "@/app/_components/flow-diagram";
import { LandingActions } from "@/app/_components/landing-actions";

const points = [
  {
    title: "The browser holds one cookie",
    text: "Scripts on the page cannot read it. No token ever reaches the browser, so none can be stolen from there.",
  },
  {
    title: "The gate adds a token",
    text: "It checks your session, then sends your requests to the API with a token that is valid for a few minutes. You sign in once.",
  },
  {
    title: "The API trusts only the gate",
    text: "FastAPI accepts only requests with a token that the gate has signed, and returns only your own data.",
  },
];

export default async function LandingPage() {
  // Renders the page for each request: its scripts need the nonce of the response
  // (docs/static-pages.md).
  await connection();
  return (
    <div className="mx-auto max-w-4xl px-4 sm:px-6">
      <header className="py-4">
        <Brand />
      </header>
      <main id="main" className="pt-8 pb-16 sm:pt-16">
        <h1 className="max-w-2xl text-4xl leading-tight font-semibold tracking-tight text-balance sm:text-5xl">
          One <span className="whitespace-nowrap">sign-in</span> for your pages and your API
        </h1>
        <p className="mt-4 max-w-2xl text-lg text-muted text-pretty">
          Gatehouse runs between a Next.js site and a FastAPI service. It checks each visitor's session at the
          edge, before anything else runs, and forwards requests to the API with a token that identifies the
          user.
        </p>
        <LandingActions />
        <FlowDiagram />
        <ul className="mt-12 grid gap-8 sm:grid-cols-3">
          {points.map(({ title, text }) => (
            <li key={title}>
              <h2 className="font-semibold">{title}</h2>
              <p className="mt-1 text-muted text-pretty">{text}</p>
            </li>
          ))}
        </ul>
      </main>
    </div>
  );
}
