import {
  type Check,
  demand,
  demandPrivate,
  demandStatus,
  destination,
  EVIL,
  ME,
  NAVIGATION,
  SCRIPT,
} from "./check";

const NEXT = "lib/redirect-target.ts reads `next`; every redirect that takes it goes through there";
const PRIVATE = "edge/respond.ts sets `private, no-store` on the gate's own answers";

/**
 * Open redirects: values of `next` that a browser or a careless parser takes for another host or
 * for a script.
 */
const TRICKS = [
  "https://evil.example",
  "HTTPS:evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/.//evil.example",
  "/x/..//evil.example",
  "/%2e//evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "@evil.example",
  ".evil.example",
  "//evil.example/%2f..",
  "/\u0000/evil.example",
  "/dashboard\r\nLocation: https://evil.example",
  "//[::1]:99999",
];

/** Where redirects lead, and which responses a cache may store. */
export const redirects: readonly Check[] = [
  {
    id: "redirects.next-stays",
    title: "`next` never leads to another site",
    source: "OWASP ASVS v5 3.7.2",
    mend: NEXT,
    async run(world) {
      for (const trick of TRICKS) {
        const path = `/login?next=${encodeURIComponent(trick)}`;
        const to = destination(world, path, await world.ada.ask({ path, headers: NAVIGATION }));
        demand(to.origin === world.origin, `${path} to stay on ${world.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.next-doubled",
    title: "nor does a second `next`, or one that is encoded twice",
    source: "CWE-601",
    mend: NEXT,
    async run(world) {
      for (const query of [
        "next=%2Ftasks&next=%2F%2Fevil.example",
        "next=%2F%2Fevil.example&next=%2Ftasks",
        "next=%252F%252Fevil.example",
        "next[]=%2F%2Fevil.example",
      ]) {
        const path = `/signup?${query}`;
        const to = destination(world, path, await world.ada.ask({ path, headers: NAVIGATION }));
        demand(to.origin === world.origin, `${path} to stay on ${world.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.next-kept",
    title: "`next` leads to the page that was asked for",
    source: "RFC 9110 §10.2.2",
    mend: NEXT,
    async run(world) {
      const path = "/login?next=%2Ftasks%3Ffilter%3Dopen";
      const to = destination(world, path, await world.ada.ask({ path, headers: NAVIGATION }));
      demand(to.href === `${world.origin}/tasks?filter=open`, "/tasks?filter=open", to.href);
    },
  },
  {
    id: "redirects.path-stays",
    title: "a path that looks like a host leads to no other site",
    source: "CWE-601",
    mend: "edge/respond.ts redirects to paths of the app alone",
    async run(world) {
      for (const path of [
        "//evil.example/x",
        "/\\evil.example/x",
        "/%2f%2fevil.example",
        "/.//evil.example/",
      ]) {
        const answer = await world.ask({ path, headers: NAVIGATION });
        if (!answer.headers.has("location")) continue;
        const to = destination(world, path, answer);
        demand(to.origin === world.origin, `${path} to stay on ${world.origin}`, to.href);
      }
    },
  },
  {
    id: "redirects.forwarded-host",
    title: "a forwarded host does not become the place of a redirect",
    source: "OWASP ASVS v5 4.1.3",
    mend: "edge/respond.ts resolves redirects against the app's own address",
    async run(world) {
      const forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Host": "evil.example",
        Forwarded: "host=evil.example",
      };
      const answer = await world.ask({ path: "/dashboard", headers: { ...NAVIGATION, ...forged } });
      const to = destination(world, "/dashboard", answer);
      demand(to.origin === world.origin, `to stay on ${world.origin}`, to.href);
    },
  },
  {
    id: "redirects.no-store",
    title: "no cache keeps a redirect that depends on who asks",
    source: "RFC 9111 §5.2.2.5",
    mend: PRIVATE,
    async run({ ask, ada }) {
      demandPrivate(
        await ask({ path: "/dashboard", headers: NAVIGATION }),
        "the redirect to the sign-in page",
      );
      demandPrivate(await ada.ask({ path: "/login", headers: NAVIGATION }), "the redirect away from it");
    },
  },
  {
    id: "redirects.refusals-no-store",
    title: "no cache keeps a refusal",
    source: "RFC 9111 §5.2.2.5",
    mend: PRIVATE,
    async run({ ask, ada }) {
      demandPrivate(await ask({ path: ME, headers: SCRIPT }), "a 401");
      const foreign = { method: "POST", path: ME, headers: { Origin: EVIL } };
      const answer = await ada.ask(foreign);
      demandStatus(answer, 403, "a POST from elsewhere");
      demandPrivate(answer, "a 403");
    },
  },
  {
    id: "redirects.cookies-no-store",
    title: "no cache keeps an answer that sets the session's cookies",
    source: "OWASP Session Management Cheat Sheet, Web Content Caching",
    mend: "lib/server/auth/response-headers.ts sets `private, no-store` on every answer of Better Auth",
    async run(world) {
      demandPrivate(world.ada.opening, "the sign-up");
      demandPrivate((await world.signedIn()).opening, "the sign-in");
    },
  },
];
