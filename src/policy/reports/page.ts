import { createHash } from "node:crypto";
import { html, Html } from "./html.js";
import { reportStyle } from "./style.js";

/** How a whole report presents itself. */
export interface Page {
  /** In small letters above the title. */
  readonly kicker: string;
  readonly title: string;
  readonly subtitle: string;
  readonly status?: Html | undefined;
  readonly body: readonly Html[];
  readonly footer: string;
}

const styleHash = createHash("sha256").update(reportStyle).digest("base64");
/** Nothing is loaded and nothing runs, whatever a name in the report contains. */
const contentPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** A self-contained HTML document. */
export function pageOf({ kicker, title, subtitle, status, body, footer }: Page): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}: ${kicker}</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<main>
<header><div><p class="kicker">${kicker}</p><h1>${title}</h1><p class="sub">${subtitle}</p></div>${status}</header>
${body}
<footer>${footer}</footer>
</main>
</body>
</html>
`;
  return document.text;
}

/** One number with what it is. */
export function tile(value: string, label: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${label}</span></div>`;
}

/** The tones in which something can stand out. */
export type Tone = "good" | "bad" | "warn" | "calm";

/** A word that stands out. */
export function pill(text: string, tone: Tone, isBig = false): Html {
  return html`<span class="pill ${tone}${isBig ? " big" : ""}">${text}</span>`;
}
