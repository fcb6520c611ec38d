interface Image {
  readonly width: number;
  readonly height: number;
  /** What the image shows, for readers who cannot see it. */
  readonly label: string;
  /** CSS rules in addition to those of texts, and those that a dark background replaces. */
  readonly styles: { readonly light: string; readonly dark: string };
}

/** An SVG image that is readable on a light and on a dark background. */
export function renderSvg({ width, height, label, styles }: Image, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 }
${styles.light}
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } ${styles.dark}
}
</style>
${parts.join("\n")}
</svg>
`;
}
