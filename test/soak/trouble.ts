import type { FaultOptions } from "../../src/local/index.js";
import type { SeededRandom } from "../../src/testing/index.js";

const hot = ["GetSnapshotBlock", "PutSnapshotBlock", "GetObject", "PutObject"] as const;
const stallMs = 20_000;

/**
 * Data alone is spoiled, which has checksums. A listing has none, neither S3's nor EBS's: what spoils one, and TLS does not let it, hides a point or a block, and nobody can tell.
 *
 * What is read by ranges has no checksum of S3's: the engine proves it by itself, and reads it once more before it calls it damaged. So answers are spoiled
 * so seldom that of a night's reads hardly any is spoiled twice in a row.
 */
const corruption = 0.004;

const both = (fault: object): FaultOptions[] => ["ebs", "s3"].map((service) => ({ ...fault, service }) as FaultOptions);

/** What can go wrong, each kind by itself, with a strength from 0 to 1. */
const kinds: readonly ((strength: number) => FaultOptions[])[] = [
  (strength) => [...both({ kind: "throttle", probability: 0.3 * strength }), { kind: "throttle", scope: "resource", service: "ebs", probability: 0.05 * strength }, { kind: "throttle", service: "ec2", probability: 0.1 * strength }],
  (strength) => [...both({ kind: "reset", probability: 0.05 * strength }), ...both({ kind: "reset", when: "body", probability: 0.03 * strength }), { kind: "reset", service: "ec2", probability: 0.03 * strength }],
  (strength) => both({ kind: "truncate", probability: 0.03 * strength }),
  (strength) => [
    { kind: "corrupt", operation: "GetSnapshotBlock", probability: 0.02 * strength },
    { kind: "corrupt", operation: "GetObject", probability: corruption * strength },
    ...["PutSnapshotBlock", "PutObject"].map((operation): FaultOptions => ({ kind: "corrupt-request", operation, probability: 0.02 * strength })),
  ],
  (strength) => both({ kind: "latency", ms: 40, probability: strength }),
  (strength) => hot.flatMap((operation, position): FaultOptions[] => [{ kind: "stall", ms: stallMs, operation, times: 1, after: position + Math.floor(20 * strength) }, { kind: "stall", ms: stallMs, when: "body", operation, times: 1, after: position + Math.floor(40 * strength) }]),
  (strength) => [...both({ kind: "lost-response", probability: 0.03 * strength }), { kind: "lost-response", service: "ec2", probability: 0.02 * strength }],
  (strength) => [...both({ kind: "error", status: 500, probability: 0.05 * strength }), { kind: "error", service: "ec2", status: 500, probability: 0.02 * strength }],
];

/** A mixture of faults: one to four different kinds, each more or less. */
export function drawTrouble(random: SeededRandom): readonly FaultOptions[] {
  const left = [...kinds];
  const count = 1 + Math.floor(random.fraction() * 4);
  return Array.from({ length: count }).flatMap(() => left.splice(Math.floor(random.fraction() * left.length), 1)[0]?.(0.1 + 0.9 * random.fraction()) ?? []);
}

/** So many failures that nobody's retries outlast them: what meets them fails. */
export function drawOutage(random: SeededRandom): readonly FaultOptions[] {
  const operation = hot[Math.floor(random.fraction() * hot.length)] ?? "PutObject";
  return [{ kind: "error", status: 503, operation, after: Math.floor(random.fraction() * 30), times: 60 }];
}
