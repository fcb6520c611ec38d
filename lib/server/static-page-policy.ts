import "server-only";
import { buildPagePolicy } from "../content-policy";
import type { ContentSources } from "../csp";
import { hashOf, isFrameworkScript } from "./framework-scripts";

interface StaticPolicy {
  readonly policy: string;
  /** Inline scripts that the policy does not allow. */
  readonly blocked: readonly string[];
}

/**
 * The Content Security Policy of a page that is rendered in advance. Such a page is the same for
 * everyone, so it has no nonce. The policy allows the files of the app and the inline scripts of
 * Next, by their hashes.
 */
export function buildStaticPolicy(html: string, sources: ContentSources, secure: boolean): StaticPolicy {
  const scripts = [...new Set(findInlineScripts(html))];
  const listed = sources.scripts ?? [];
  const hashes = scripts.filter(isFrameworkScript).map(toSource);
  const blocked = scripts.filter((text) => !isFrameworkScript(text) && !listed.includes(toSource(text)));
  return { policy: buildPagePolicy([...hashes, ...listed], sources, { secure }), blocked };
}

/** The source with which a policy allows an inline script. */
export function toSource(text: string): string {
  return `'sha256-${hashOf(text)}'`;
}

/** A `<script>` of another type, such as JSON-LD, is data to a browser. */
const CODE = /^(?:|module|(?:text|application)\/(?:javascript|ecmascript))$/i;

/**
 * The texts of the inline scripts. Whatever a browser makes of the HTML, each text must pass
 * `isFrameworkScript`, so a script that this does not find is blocked.
 */
function findInlineScripts(html: string): string[] {
  return [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)]
    .filter(([, attributes = ""]) => !/\ssrc=/i.test(attributes) && CODE.test(typeOf(attributes)))
    .map(([, , text = ""]) => text);
}

function typeOf(attributes: string): string {
  return attributes.match(/\stype="([^"]*)"/i)?.[1] ?? "";
}
