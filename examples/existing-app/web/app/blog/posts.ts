export const posts = [
  { slug: "opening-day", title: "Opening day", text: "We are open from Monday on." },
  { slug: "new-prices", title: "New prices", text: "The plan for teams costs less." },
];
