/** As long as a subject may be (see the port). */
const maxCharacters = 200;

/** A text as one line that no header, terminal or log is confused by: control characters, line breaks and marks of direction are blanks. */
export function subjectLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 1).join("")}…`;
}
