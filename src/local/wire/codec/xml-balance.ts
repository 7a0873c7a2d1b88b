// A comment, a CDATA section, a processing instruction, or a tag with its quoted attributes.
const MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;

/** Whether a document has one root, every tag is closed in its order, and nothing but space stands around the root. */
export function isBalancedXml(text: string): boolean {
  const open: string[] = [];
  let roots = 0;
  let position = text.startsWith("\uFEFF") ? 1 : 0;
  while (position < text.length) {
    const next = text.indexOf("<", position);
    const between = text.slice(position, next < 0 ? text.length : next);
    if (open.length === 0 && between.trim() !== "") return false;
    if (next < 0) break;
    MARKUP.lastIndex = next;
    const match = MARKUP.exec(text);
    if (match === null) return false;
    position = MARKUP.lastIndex;
    const [, closing, name, , selfClosing] = match;
    if (name === undefined) continue;
    if (closing === "/") {
      if (selfClosing === "/" || open.pop() !== name) return false;
      continue;
    }
    if (open.length === 0) roots += 1;
    if (selfClosing !== "/") open.push(name);
  }
  return roots === 1 && open.length === 0;
}
