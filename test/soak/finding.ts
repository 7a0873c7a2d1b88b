/** Something that must never be: the soak ends with it. */
export class Finding extends Error {
  override readonly name = "Finding";
}
