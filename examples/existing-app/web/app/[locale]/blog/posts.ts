export const posts = [
  {
    slug: "opening-day",
    en: { title: "Opening day", text: "We are open from Monday on." },
    de: { title: "Eröffnung", text: "Ab Montag haben wir geöffnet." },
  },
  {
    slug: "new-prices",
    en: { title: "New prices", text: "The plan for teams costs less." },
    de: { title: "Neue Preise", text: "Der Tarif für Teams kostet weniger." },
  },
];
