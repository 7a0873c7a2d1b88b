/** 512 KiB: the unit of the EBS direct APIs, and so of everything here. */
export const blockSizeBytes = 524_288;

/** 64 TiB, the largest EBS volume, in blocks. */
export const maxBlocks = 2 ** 27;

/** The SHA-256 of a block of zeros. */
export const zeroBlockSha256 = Buffer.from("07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541", "hex");
