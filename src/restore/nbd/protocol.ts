/** The numbers of the NBD protocol, as in its document (doc/proto.md of the NetworkBlockDevice project). */

export const handshakeMagic = Buffer.from("NBDMAGIC", "latin1");
export const optionMagic = Buffer.from("IHAVEOPT", "latin1");
export const optionReplyMagic = Buffer.from("0003e889045565a9", "hex");
export const requestMagic = 0x25609513;
export const simpleReplyMagic = 0x67446698;
export const structuredReplyMagic = 0x668e33ef;

export const handshakeFlags = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const options = { exportName: 1, abort: 2, list: 3, info: 6, go: 7, structuredReply: 8, listMetaContext: 9, setMetaContext: 10 } as const;

const optionError = (code: number): number => 0x80000000 + code;
export const optionReplies = {
  acknowledged: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  unsupported: optionError(1),
  invalid: optionError(3),
  unknownExport: optionError(6),
  tooBig: optionError(9),
} as const;

export const infoTypes = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

export const transmissionFlags = { hasFlags: 1, readOnly: 2, sendFlush: 4, sendFua: 8, sendTrim: 32, sendWriteZeroes: 64, sendDf: 128, canMultiConn: 256, sendCache: 1024 } as const;

export const commands = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, cache: 5, writeZeroes: 6, blockStatus: 7 } as const;

export const commandFlags = { fua: 1, noHole: 2, df: 4, reqOne: 8, fastZero: 16 } as const;

export const chunkFlagDone = 1;
export const chunkTypes = { none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, error: 32_769 } as const;

export const errors = { permission: 1, io: 5, noMemory: 12, invalid: 22, noSpace: 28, overflow: 75, unsupported: 95, shutdown: 108 } as const;

/** The state of a range in the context `base:allocation`. */
export const allocation = { context: "base:allocation", contextId: 1, hole: 1, zero: 2 } as const;

/** What a request may carry and ask for at most; told to clients as the maximum block size. */
export const maxPayloadBytes = 32 * 2 ** 20;
/** What clients do best with: the unit in which everything is read. */
export const preferredBlockBytes = 512 * 1024;
export const requestBytes = 28;
/** A name may have 4,096 bytes; queries come in lists. Whoever sends more means no good. */
export const maxOptionBytes = 64 * 1024;
/** The longest name of an export, and of a context. */
export const maxTextBytes = 4096;
