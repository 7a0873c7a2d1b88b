/** A member of a zip archive (APPNOTE.TXT of PKWARE, 6.3.10), as its headers have it. */
export interface ZipMember {
  /** With a slash at the end where it is a folder. */
  readonly name: Buffer;
  readonly isCompressed: boolean;
  /** The whole Unix mode, with the kind. */
  readonly mode: number;
  readonly modifiedAt: Date;
  /** Whether sizes have eight bytes: decided before the content is known. */
  readonly isLarge: boolean;
}

/** A member after its content was written. */
export interface WrittenMember extends ZipMember {
  readonly crc: number;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  readonly offset: number;
}

const max16 = 0xffff;
const max32 = 0xffff_ffff;
const versions = { plain: 20, large: 45 } as const;
const madeByUnix = 3 << 8;
/** Sizes follow the content; the name is UTF-8. */
const flags = 0x0808;
const methods = { stored: 0, deflated: 8 } as const;
const extras = { large: 0x0001, time: 0x5455 } as const;

/** What comes before a member's content. */
export function localHeader(member: ZipMember): Buffer {
  const extra = Buffer.concat([timeExtra(member.modifiedAt), member.isLarge ? extraField(extras.large, u64(0), u64(0)) : Buffer.alloc(0)]);
  const size = member.isLarge ? max32 : 0;
  return Buffer.concat([u32(0x04034b50), u16(member.isLarge ? versions.large : versions.plain), ...common(member), u32(0), u32(size), u32(size), u16(member.name.length), u16(extra.length), member.name, extra]);
}

/** What comes after it: the checksum and the sizes. */
export function dataDescriptor({ isLarge, crc, storedBytes, sizeBytes }: WrittenMember): Buffer {
  const number = isLarge ? u64 : u32;
  return Buffer.concat([u32(0x08074b50), u32(crc), number(storedBytes), number(sizeBytes)]);
}

/** The archive's directory and its end. `offset`: where it begins. */
export function* centralDirectory(members: readonly WrittenMember[], offset: number): Generator<Buffer> {
  let length = 0;
  for (const member of members) {
    const header = centralHeader(member);
    length += header.length;
    yield header;
  }
  if (members.length >= max16 || offset >= max32 || length >= max32) {
    yield Buffer.concat([u32(0x06064b50), u64(44), u16(madeByUnix | versions.large), u16(versions.large), u32(0), u32(0), u64(members.length), u64(members.length), u64(length), u64(offset)]);
    yield Buffer.concat([u32(0x07064b50), u32(0), u64(offset + length), u32(1)]);
  }
  const count = Math.min(members.length, max16);
  yield Buffer.concat([u32(0x06054b50), u16(0), u16(0), u16(count), u16(count), u32(Math.min(length, max32)), u32(Math.min(offset, max32)), u16(0)]);
}

function centralHeader(member: WrittenMember): Buffer {
  const { isLarge, crc, storedBytes, sizeBytes, offset, mode, name } = member;
  const isFar = offset >= max32;
  const numbers = [...(isLarge ? [u64(sizeBytes), u64(storedBytes)] : []), ...(isFar ? [u64(offset)] : [])];
  const extra = Buffer.concat([timeExtra(member.modifiedAt), numbers.length > 0 ? extraField(extras.large, ...numbers) : Buffer.alloc(0)]);
  const version = isLarge || isFar ? versions.large : versions.plain;
  const sizes = isLarge ? [u32(max32), u32(max32)] : [u32(storedBytes), u32(sizeBytes)];
  return Buffer.concat([u32(0x02014b50), u16(madeByUnix | version), u16(version), ...common(member), u32(crc), ...sizes, u16(name.length), u16(extra.length), u16(0), u16(0), u16(0), u32(mode * 65_536), u32(isFar ? max32 : offset), name, extra]);
}

function common({ isCompressed, modifiedAt }: ZipMember): Buffer[] {
  return [u16(flags), u16(isCompressed ? methods.deflated : methods.stored), ...dosTime(modifiedAt)];
}

/** Time and date in steps of two seconds, from 1980 to 2107; exact ones are in the extra field. */
function dosTime(at: Date): Buffer[] {
  const year = Math.min(2107, Math.max(1980, at.getUTCFullYear()));
  return [u16((at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1)), u16(((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate())];
}

/** Seconds since 1970, where they fit into 32 bits. */
function timeExtra(at: Date): Buffer {
  const seconds = Math.floor(at.getTime() / 1000);
  if (seconds < -(2 ** 31) || seconds >= 2 ** 31) return Buffer.alloc(0);
  const time = Buffer.alloc(5);
  time.writeUInt8(1);
  time.writeInt32LE(seconds, 1);
  return extraField(extras.time, time);
}

function extraField(id: number, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([u16(id), u16(data.length), data]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
