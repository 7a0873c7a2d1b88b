import { isIPv4 } from "node:net";

/** A block of IPv4 addresses. */
export interface CidrBlock {
  /** The first address, as a number. */
  readonly first: number;
  readonly prefixLength: number;
  readonly size: number;
}

/** The block that a text such as `10.0.0.0/24` names; undefined for one that is none, or that begins elsewhere. */
export function parseBlock(text: string): CidrBlock | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const prefixLength = Number(length);
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(length) || prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  const first = numberOf(address);
  return first % size === 0 ? { first, prefixLength, size } : undefined;
}

export function containsAddress(block: CidrBlock, address: string): boolean {
  const number = numberOf(address);
  return number >= block.first && number < block.first + block.size;
}

export function containsBlock(outer: CidrBlock, inner: CidrBlock): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

export function overlaps(a: CidrBlock, b: CidrBlock): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** The n-th address of a block. */
export function addressAt(block: CidrBlock, index: number): string {
  const number = block.first + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

export function indexOf(block: CidrBlock, address: string): number {
  return numberOf(address) - block.first;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
