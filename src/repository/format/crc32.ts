import zlib from "node:zlib";
import { ConfigurationError } from "../../errors/index.js";

// not by its name: then an older Node would say no more than that node:zlib has no such export
const { crc32: checksum } = zlib as { readonly crc32?: typeof zlib.crc32 };
if (checksum === undefined) throw new ConfigurationError(`Node ${process.version} is too old: holdfast needs 20.19 or later, from https://nodejs.org.`, { code: "NodeTooOld", context: { node: process.version } });

/** CRC-32 as Node has it since 20.15. */
export const crc32 = checksum;
