/** A piece of HTML that is safe as it stands. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

/** A template of HTML: everything that is put in is escaped, but for what came out of such a template. Attributes are always quoted. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.reduce((text, part, index) => text + part + (index < pieces.length ? pieceText(pieces[index]) : ""), ""));
}

function pieceText(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "string" || typeof piece === "number") return escapeText(String(piece));
  return piece.map(pieceText).join("");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };
/** Control characters, and marks that turn the direction of what follows: a name must not make its neighbours unreadable. */
const unreadable = /(?![\t\n\r])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

function escapeText(text: string): string {
  return text.replace(unreadable, "\ufffd").replace(/[&<>"'`]/g, (character) => entities[character] ?? "");
}
