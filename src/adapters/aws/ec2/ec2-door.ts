import { ConflictError, NotFoundError, type HoldfastError } from "../../../errors/index.js";
import type { Clock, Random } from "../../../ports/index.js";
import type { AwsAttempt, AwsCall, AwsCalls } from "../aws-calls.js";
import type { AwsFailure } from "../aws-failure.js";
import type { Ec2Package } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";

/** What the operations of EC2 work with, in one region of one account. */
export interface Ec2Door {
  readonly ec2: LazyClient<Ec2Package>;
  readonly region: string;
  readonly calls: AwsCalls;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
}

/** A call to EC2; `resource` is the id that it is about, where it is about one. */
export type Ec2Call = Pick<AwsCall, "operation" | "resource" | "permissions" | "signal" | "retry" | "translate">;

/** Calls EC2. What is not there is a `NotFoundError`; a client token that was used for something else a `ConflictError`. */
export async function callEc2<T>(door: Ec2Door, call: Ec2Call, attempt: (attempt: AwsAttempt) => Promise<T>): Promise<T> {
  const { translate } = call;
  return await door.calls.run(
    { ...call, service: "ec2", region: door.region, client: door.ec2, translate: (failure, state) => translate?.(failure, state) ?? ec2Refusal(failure, call, door.region) },
    attempt,
  );
}

interface MissingResource {
  readonly code: "InstanceNotFound" | "VolumeNotFound" | "SnapshotNotFound";
  readonly text: string;
}

const missingInstance: MissingResource = { code: "InstanceNotFound", text: "instance" };
const missingVolume: MissingResource = { code: "VolumeNotFound", text: "volume" };
const missingSnapshot: MissingResource = { code: "SnapshotNotFound", text: "snapshot" };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; an id that is none names nothing either. */
const missing: Readonly<Record<string, MissingResource>> = {
  "InvalidInstanceID.NotFound": missingInstance,
  "InvalidInstanceID.Malformed": missingInstance,
  "InvalidVolume.NotFound": missingVolume,
  "InvalidVolumeID.Malformed": missingVolume,
  "InvalidSnapshot.NotFound": missingSnapshot,
  "InvalidSnapshotID.Malformed": missingSnapshot,
};

function ec2Refusal(failure: AwsFailure, call: Ec2Call, region: string): HoldfastError | undefined {
  const thing = missing[failure.code];
  if (thing !== undefined) return notFound(thing, { said: failure.message, resource: call.resource, region });
  if (failure.code !== "IdempotentParameterMismatch") return undefined;
  return new ConflictError(`ec2:${call.operation} was called before with the same client token and other parameters: repeat it as it was, or take another token.`, {
    code: "ClientTokenConflict",
    context: { resource: call.resource, region },
  });
}

/** The error for an instance that is not there, or not any more. */
export function instanceNotFound(instanceId: string, region: string): NotFoundError {
  return notFound(missingInstance, { said: undefined, resource: instanceId, region });
}

/** The error for a volume that is not there. */
export function volumeNotFound(volumeId: string, region: string): NotFoundError {
  return notFound(missingVolume, { said: undefined, resource: volumeId, region });
}

/** The error for a snapshot that is not there. */
export function snapshotNotFound(snapshotId: string, region: string): NotFoundError {
  return notFound(missingSnapshot, { said: undefined, resource: snapshotId, region });
}

function notFound(thing: MissingResource, facts: { readonly said: string | undefined; readonly resource: string | undefined; readonly region: string }): NotFoundError {
  const { said, resource, region } = facts;
  const name = resource === undefined ? thing.text : `${thing.text} ${resource}`;
  return new NotFoundError(`There is no ${name} in ${region} for these credentials: check the id, the region and the account.${said === undefined ? "" : ` AWS said: ${said.slice(0, 300)}`}`, {
    code: thing.code,
    context: { resource, region },
  });
}
