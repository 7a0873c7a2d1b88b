const many = Symbol("any run of characters");
const one = Symbol("any one character");

/** What may stand in one place of a text: a character, or what stands for others. */
export type Place = string | typeof many | typeof one;

/** Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one. */
export function matchesWildcard(pattern: string, text: string): boolean {
  return matches(placesOf(pattern), text);
}

/** The test of a pattern, in which `*` stands for any run of characters and `?` for one. */
export function wildcard(pattern: string): (text: string) => boolean {
  const places = placesOf(pattern);
  return (text) => matches(places, text);
}

/** A pattern's places, `*` and `?` with their meaning. */
export function placesOf(pattern: string): Place[] {
  return pattern.split("").map(meaningOf);
}

/** The place of a character, with its meaning. */
export function meaningOf(character: string): Place {
  if (character === "*") return many;
  return character === "?" ? one : character;
}

/** The places of a text in which every character stands for itself. */
export function literally(text: string): Place[] {
  return text.split("");
}

/**
 * Whether a text fits. No regular expression: one with many stars tries every way to divide the text among them, which never ends. What the last star took grows by one where the rest does not fit, and no star before it is
 * asked again: whatever they could take more, it can.
 */
export function matches(places: readonly Place[], text: string): boolean {
  let [place, at] = [0, 0];
  let [lastMany, takenUntil] = [-1, 0];
  while (at < text.length) {
    const wanted = places[place];
    if (wanted === many) {
      lastMany = place++;
      takenUntil = at;
    } else if (wanted === one || wanted === text[at]) {
      place++;
      at++;
    } else if (lastMany >= 0) {
      place = lastMany + 1;
      at = ++takenUntil;
    } else return false;
  }
  while (places[place] === many) place++;
  return place === places.length;
}
