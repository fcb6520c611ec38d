import { Brand } from "./_components/brand";
import { FlowPicture } from "./_components/flow-picture";
import { LandingActions } from "./_components/landing-actions";

const points = [
  {
    title: "The browser holds one cookie",
    text: "No script on the page can read it, and no token ever reaches the page. What is not there cannot be stolen.",
  },
  {
    title: "The gate does the talking",
    text: "It checks who you are, then vouches for you to the API with a token that lives for minutes. You sign in once.",
  },
  {
    title: "The API trusts nobody else",
    text: "FastAPI accepts a request only with the gate's signature on it, and shows you what is yours.",
  },
];

export default function LandingPage() {
  return (
    <div className="mx-auto max-w-4xl px-4 sm:px-6">
      <header className="py-4">
        <Brand />
      </header>
      <main id="main" className="pt-8 pb-16 sm:pt-16">
        <h1 className="max-w-2xl text-4xl leading-tight font-semibold tracking-tight text-balance sm:text-5xl">
          One <span className="whitespace-nowrap">sign-in</span> between your pages and your API
        </h1>
        <p className="mt-4 max-w-2xl text-lg text-muted text-pretty">
          Gatehouse stands between a Next.js site and a FastAPI service. It checks each visitor's session at
          the edge, before anything else runs, and passes their requests on with proof of who they are.
        </p>
        <LandingActions />
        <FlowPicture />
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
