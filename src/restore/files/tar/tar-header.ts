/** A member's facts as a tar header has them (POSIX.1-2001, pax). */
export interface TarMember {
  readonly name: Buffer;
  readonly type: keyof typeof typeFlags;
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  /** Of what follows the header. */
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  readonly modifiedNanoseconds: number;
  readonly linkTarget?: Buffer | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** Extended attributes by name, in base64. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Further pax records. */
  readonly records?: Readonly<Record<string, Buffer>> | undefined;
}

export const tarBlockBytes = 512;
const typeFlags = { file: "0", hardLink: "1", link: "2", "character device": "3", "block device": "4", folder: "5", pipe: "6" } as const;
const nameBytes = 100;
/** The first number that an octal field of so many digits does not hold. */
const octalLimit = (digits: number): number => 8 ** digits;

/** A member's headers: where the old fields are too short or not exact, a pax header comes before. */
export function tarHeaders(member: TarMember): Buffer[] {
  const records = paxRecords(member);
  const headers: Buffer[] = [];
  if (records.length > 0) {
    headers.push(header({ ...member, name: Buffer.from("PaxHeaders/holdfast"), linkTarget: undefined, sizeBytes: records.length }, "x"), records, padding(records.length));
  }
  headers.push(header(member, typeFlags[member.type]));
  return headers;
}

/** What fills a member up to a whole number of blocks. */
export function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes);
}

/** The end of an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * tarBlockBytes);
}

function paxRecords({ name, linkTarget, sizeBytes, userId, groupId, modifiedAt, modifiedNanoseconds, attributes = {}, records = {} }: TarMember): Buffer {
  const seconds = Math.floor(modifiedAt.getTime() / 1000);
  const all: [string, Buffer][] = Object.entries(records);
  // as GNU tar and bsdtar keep them; a key ends at the first equals sign
  for (const [key, value] of Object.entries(attributes)) all.push([`SCHILY.xattr.${key.replaceAll("%", "%25").replaceAll("=", "%3D")}`, Buffer.from(value, "base64")]);
  if (name.length > nameBytes || !isAscii(name)) all.push(["path", name]);
  if (linkTarget !== undefined && (linkTarget.length > nameBytes || !isAscii(linkTarget))) all.push(["linkpath", linkTarget]);
  if (sizeBytes >= octalLimit(11)) all.push(["size", Buffer.from(String(sizeBytes))]);
  if (userId >= octalLimit(7)) all.push(["uid", Buffer.from(String(userId))]);
  if (groupId >= octalLimit(7)) all.push(["gid", Buffer.from(String(groupId))]);
  if (modifiedNanoseconds !== 0 || seconds < 0 || seconds >= octalLimit(11)) all.push(["mtime", Buffer.from(decimalTime(seconds, modifiedNanoseconds))]);
  return Buffer.concat(all.map(([key, value]) => record(key, value)));
}

function decimalTime(seconds: number, nanoseconds: number): string {
  if (seconds >= 0 || nanoseconds === 0) return `${String(seconds)}.${String(nanoseconds).padStart(9, "0")}`;
  // before 1970 the fraction counts backwards from the next second
  return `-${String(-seconds - 1)}.${String(1e9 - nanoseconds).padStart(9, "0")}`;
}

/** `<length> <key>=<value>\n`, the length counting itself. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function header({ name, mode, userId, groupId, sizeBytes, modifiedAt, linkTarget, device }: TarMember, type: string): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  const number = (value: number, at: number, digits: number): void => {
    const held = value >= 0 && value < octalLimit(digits) ? value : 0;
    block.write(`${Math.floor(held).toString(8).padStart(digits, "0")}\0`, at, "latin1");
  };
  name.copy(block, 0, 0, nameBytes);
  number(mode, 100, 7);
  number(userId, 108, 7);
  number(groupId, 116, 7);
  number(sizeBytes, 124, 11);
  number(Math.floor(modifiedAt.getTime() / 1000), 136, 11);
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  linkTarget?.copy(block, 157, 0, nameBytes);
  block.write("ustar\x0000", 257, "latin1");
  number(device?.major ?? 0, 329, 7);
  number(device?.minor ?? 0, 337, 7);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}
