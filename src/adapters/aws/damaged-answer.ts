export type DamageCode = "BlockChecksum" | "BlockLength" | "ChecksumMismatch" | "InvalidListing" | "ObjectTruncated" | "TransferDamaged";

/**
 * Raised inside a call when an answer's bytes are not what they must be: it is asked for again, and becomes an
 * `IntegrityError` of the same code and message only when that does not help.
 */
export class DamagedAnswer extends Error {
  readonly code: DamageCode;

  constructor(code: DamageCode, message: string) {
    super(message);
    this.name = "DamagedAnswer";
    this.code = code;
  }
}
