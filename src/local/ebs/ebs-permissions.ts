import type { RequestContext } from "../service.js";
import type { Permission } from "../wire/permission.js";
import type { EbsEnvironment } from "./ebs-environment.js";

interface Tag {
  readonly Key?: string;
  readonly Value?: string;
}

interface Input {
  readonly SnapshotId?: string;
  readonly FirstSnapshotId?: string;
  readonly SecondSnapshotId?: string;
  readonly ParentSnapshotId?: string;
  readonly Description?: string;
  readonly VolumeSize?: number;
  readonly KmsKeyArn?: string;
  readonly Tags?: readonly Tag[];
}

/** What a call of EBS direct needs: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticblockstore.html */
export function ebsPermissions(environment: EbsEnvironment): (operation: string, input: Input, context: RequestContext) => Permission[] {
  return (operation, input, context) => {
    const { region } = context;
    const action = `ebs:${operation}`;
    const arn = (id: string): string => `arn:aws:ec2:${region}::snapshot/${id}`;
    if (operation === "StartSnapshot") return [...startPermissions(action, arn("*"), input, arn), ...keyPermissions(environment, input.KmsKeyArn ?? keyOf(environment, input.ParentSnapshotId), startingActions)];
    const ids = [input.SnapshotId, input.FirstSnapshotId, input.SecondSnapshotId].filter((id) => id !== undefined);
    const own = ids.map((id): Permission => ({ action, resource: arn(id), read: (key) => tagOf(key, "aws:resourcetag/", () => Object.entries(environment.blocks.snapshot(id)?.tags ?? {})) }));
    return operation === "GetSnapshotBlock" || operation === "PutSnapshotBlock" ? [...own, ...keyPermissions(environment, keyOf(environment, input.SnapshotId), ["Decrypt"])] : own;
  };
}

/** What begins an encrypted snapshot has a data key made, and lets EBS use it from then on. */
const startingActions = ["DescribeKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant"];

function keyOf(environment: EbsEnvironment, snapshotId: string | undefined): string | undefined {
  return snapshotId === undefined ? undefined : environment.blocks.snapshot(snapshotId)?.kmsKeyId;
}

/**
 * What a call needs of the key of an encrypted snapshot; the key `aws/ebs` is open to everybody in its account.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-permissions.html
 */
function keyPermissions(environment: EbsEnvironment, keyArn: string | undefined, names: readonly string[]): Permission[] {
  if (keyArn === undefined || environment.rules.isManagedKey(keyArn)) return [];
  return names.map((name) => ({ action: `kms:${name}`, resource: keyArn, read: (key) => (key === "kms:grantisforawsresource" ? ["true"] : undefined) }));
}

/** To tag what is started is a permission of its own. */
function startPermissions(action: string, resource: string, input: Input, arn: (id: string) => string): Permission[] {
  const tags = (input.Tags ?? []).map((tag): [string, string] => [tag.Key ?? "", tag.Value ?? ""]);
  const read = (key: string): readonly string[] | undefined => {
    switch (key) {
      case "aws:tagkeys":
        return tags.map(([name]) => name);
      case "ebs:description":
        return input.Description === undefined ? undefined : [input.Description];
      case "ebs:parentsnapshot":
        return input.ParentSnapshotId === undefined ? undefined : [arn(input.ParentSnapshotId)];
      case "ebs:volumesize":
        return input.VolumeSize === undefined ? undefined : [String(input.VolumeSize)];
      case "ec2:createaction":
        return ["StartSnapshot"];
      default:
        return tagOf(key, "aws:requesttag/", () => tags);
    }
  };
  const start = { action, resource, read };
  return tags.length === 0 ? [start] : [start, { action: "ec2:CreateTags", resource, read }];
}

function tagOf(key: string, prefix: string, tags: () => readonly (readonly [string, string])[]): readonly string[] | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const found = tags().find(([name]) => name.toLowerCase() === key.slice(prefix.length));
  return found === undefined ? undefined : [found[1]];
}
