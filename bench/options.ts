import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peerNames, type PeerName } from "./peers/install-peers.js";

/** What the benchmark does. */
export interface BenchOptions {
  /** Where the figures go, as JSON. */
  readonly jsonPath: string | undefined;
  readonly sizeMib: number;
  readonly runs: number;
  /** The programs to compare with; none unless asked for, for they are downloaded and built first. */
  readonly peers: readonly PeerName[];
  /** Where they are, or are put. */
  readonly peersFolder: string;
  /** The Node that runs the engine's processes. */
  readonly node: string;
  /** Folders whose files fill the disk. */
  readonly files: readonly string[];
  /** Only the comparison with the peers. */
  readonly isPeersOnly: boolean;
}

/** Enough for the figures to be of the road, not of its beginning and end. */
const defaultSizeMib = 1024;
const defaultRuns = 3;
const defaultPeersFolder = fileURLToPath(new URL("../node_modules/.cache/holdfast-peers", import.meta.url));
/** More than 4 GiB of real files on most machines: the later ones are taken only where the earlier are not enough. */
const defaultFiles = [fileURLToPath(new URL("../node_modules", import.meta.url)), "/usr/lib", "/usr/share", "/usr/local", "/usr/bin", "/opt"];
/** For a machine that only shows that the benchmark works. */
const smokeSizeMib = 48;

/** Reads the arguments; an unknown one is an error. */
export function parseBenchOptions(values: readonly string[]): BenchOptions {
  const { json, size, runs, smoke, peers, node, files, "peers-folder": peersFolder, "peers-only": isPeersOnly } = parseArgs({
    args: [...values],
    options: { json: { type: "string" }, size: { type: "string" }, runs: { type: "string" }, smoke: { type: "boolean", default: false }, peers: { type: "string" }, "peers-folder": { type: "string", default: defaultPeersFolder }, "peers-only": { type: "boolean", default: false }, node: { type: "string", default: process.execPath }, files: { type: "string" } },
  }).values;
  return {
    peers: peers === undefined ? [] : namesOf(peers),
    peersFolder,
    isPeersOnly,
    node,
    files: files?.split(",") ?? defaultFiles,
    jsonPath: json,
    sizeMib: wholeNumber("--size", size, smoke ? smokeSizeMib : defaultSizeMib, 32),
    runs: wholeNumber("--runs", runs, smoke ? 1 : defaultRuns, 1),
  };
}

function namesOf(list: string): PeerName[] {
  if (list === "all") return [...peerNames];
  return list.split(",").map((name) => {
    const peer = peerNames.find((known) => known === name);
    if (peer === undefined) throw new TypeError(`--peers names ${name}; there are ${peerNames.join(", ")}, and all.`);
    return peer;
  });
}

function wholeNumber(name: string, value: string | undefined, fallback: number, least: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!Number.isInteger(number) || number < least) throw new TypeError(`${name} is ${String(value)}; it must be a whole number from ${String(least)}.`);
  return number;
}
