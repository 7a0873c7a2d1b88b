/** The reflected polynomials of the checksums that S3 computes for whole multipart objects, by algorithm. */
const POLYNOMIALS = {
  CRC32: { widthBits: 32n, polynomial: 0xedb88320n },
  CRC32C: { widthBits: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { widthBits: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
} as const;

export type CombinableAlgorithm = keyof typeof POLYNOMIALS;

export function isCombinable(algorithm: string): algorithm is CombinableAlgorithm {
  return algorithm in POLYNOMIALS;
}

/**
 * The CRC of a whole object from the CRCs and sizes of its parts, without reading a byte again.
 *
 * crc(a || b) = crc(a) * x^(8 * |b|) + crc(b) modulo the polynomial: the initial and final inversions cancel out.
 */
export function combineCrcs(
  algorithm: CombinableAlgorithm,
  parts: readonly { readonly digest: Buffer; readonly sizeBytes: number }[],
): Buffer {
  const { widthBits, polynomial } = POLYNOMIALS[algorithm];
  const field = new PolynomialField(widthBits, polynomial);
  // Nearly all parts have one size: its power is computed once.
  const powers = new Map<number, bigint>();
  let combined = 0n;
  for (const part of parts) {
    let power = powers.get(part.sizeBytes);
    if (power === undefined) {
      power = field.powerOfX(BigInt(part.sizeBytes) * 8n);
      powers.set(part.sizeBytes, power);
    }
    combined = field.multiply(power, combined) ^ BigInt(`0x${part.digest.toString("hex")}`);
  }
  const hexDigits = Number(widthBits / 4n);
  return Buffer.from(combined.toString(16).padStart(hexDigits, "0"), "hex");
}

/** Arithmetic on reflected polynomials: the highest bit is the coefficient of x^0. */
class PolynomialField {
  readonly #one: bigint;
  readonly #polynomial: bigint;

  constructor(widthBits: bigint, polynomial: bigint) {
    this.#one = 1n << (widthBits - 1n);
    this.#polynomial = polynomial;
  }

  multiply(left: bigint, right: bigint): bigint {
    let product = 0n;
    let shifted = right;
    for (let bit = this.#one; bit !== 0n; bit >>= 1n) {
      if ((left & bit) !== 0n) product ^= shifted;
      shifted = (shifted & 1n) !== 0n ? (shifted >> 1n) ^ this.#polynomial : shifted >> 1n;
    }
    return product;
  }

  powerOfX(exponent: bigint): bigint {
    let power = this.#one;
    let square = this.#one >> 1n;
    for (let rest = exponent; rest !== 0n; rest >>= 1n) {
      if ((rest & 1n) !== 0n) power = this.multiply(power, square);
      square = this.multiply(square, square);
    }
    return power;
  }
}
