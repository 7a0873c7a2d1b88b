import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { ConfigurationError, IntegrityError } from "../../errors/index.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { immutabilityRulesSchema } from "./immutability-rules.js";
import { canonicalJson } from "./canonical-json.js";
import { maxPackEntries } from "./pack-directory.js";

/** The format version that this engine writes, and the newest that it reads. */
export const formatVersion = 1;

const versionSchema = z.object({ format: z.literal("holdfast"), version: z.int().min(1) });

const configurationSchema = z.strictObject({
  format: z.literal("holdfast"),
  version: z.literal(formatVersion),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  createdAt: z.iso.datetime(),
  blockSizeBytes: z.literal(blockSizeBytes),
  encryption: z.enum(["sealed", "none"]),
  immutability: immutabilityRulesSchema.optional(),
  /** The limits of data packs, where they are not the usual ones. */
  packs: z.strictObject({ targetBytes: z.int().min(1), maxBlocks: z.int().min(1).max(maxPackEntries) }).optional(),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What `holdfast.json` says. */
export type RepositoryConfiguration = z.infer<typeof configurationSchema>;

/** Adds the MAC that proves the document to whoever holds the key. */
export function signConfiguration(keys: KeyRing, configuration: Omit<RepositoryConfiguration, "mac">): RepositoryConfiguration {
  return { ...configuration, mac: macOf(keys, configuration) };
}

export function decodeConfiguration(bytes: Buffer, location: string): RepositoryConfiguration {
  const notOne = (cause?: unknown): ConfigurationError =>
    new ConfigurationError(`${location} is not a holdfast repository: its holdfast.json is not one. Check the path, bucket and prefix.`, { code: "NotARepository", context: { location }, cause });
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw notOne(cause);
  }
  const head = versionSchema.safeParse(document);
  if (!head.success) throw notOne(head.error);
  if (head.data.version > formatVersion) {
    throw new ConfigurationError(
      `The repository at ${location} has format version ${String(head.data.version)}; this engine reads up to ${String(formatVersion)}. Update holdfast; nothing was changed.`,
      { code: "NewerFormat", context: { location, version: head.data.version } },
    );
  }
  const configuration = configurationSchema.safeParse(document);
  if (!configuration.success) {
    throw new IntegrityError(`holdfast.json at ${location} is damaged. Restore this one object (an older version of it, or a copy): no backup is lost.`, {
      code: "DamagedConfiguration",
      context: { location },
      cause: configuration.error,
    });
  }
  return configuration.data;
}

/** Whether the document was written with the repository's key. */
export function isConfigurationGenuine(keys: KeyRing, configuration: RepositoryConfiguration): boolean {
  const { mac, ...signed } = configuration;
  return timingSafeEqual(Buffer.from(mac, "hex"), Buffer.from(macOf(keys, signed), "hex"));
}

/** The error for a document that was not. */
export function notGenuine(location: string): IntegrityError {
  return new IntegrityError(`holdfast.json at ${location} was changed by somebody without the key. Restore this one object: no backup is lost.`, { code: "DamagedConfiguration", context: { location } });
}

function macOf(keys: KeyRing, configuration: Omit<RepositoryConfiguration, "mac">): string {
  return createHmac("sha256", keys.configuration).update(canonicalJson(configuration)).digest("hex");
}
