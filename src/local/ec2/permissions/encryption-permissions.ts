import type * as ec2 from "@aws-sdk/client-ec2";
import type { ReadKey } from "../../policies/policy-request.js";
import type { RequestContext } from "../../service.js";
import type { Permission } from "../../wire/permission.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { defaultKeyArn } from "../encryption/kms-key.js";
import { resolveEncryption } from "../encryption/resolve-encryption.js";

interface Encrypting {
  readonly encrypted: boolean | undefined;
  readonly kmsKeyId: string | undefined;
  readonly source: { readonly encrypted: boolean; readonly kmsKeyId?: string | undefined } | undefined;
}

/**
 * What CreateVolume, CopySnapshot and RunInstances need of the keys in use, which EC2 asks KMS for in the caller's name. The key `aws/ebs` is open to
 * everybody in its account.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export function encryptionPermissions(environment: Ec2Environment, operation: string, input: Readonly<Record<string, unknown>>, context: RequestContext): Permission[] {
  const { blocks } = environment;
  switch (operation) {
    case "CreateVolume": {
      const { Encrypted: encrypted, KmsKeyId: kmsKeyId, SnapshotId: snapshotId = "" } = input as unknown as ec2.CreateVolumeRequest;
      return keysOf(environment, context, [{ encrypted, kmsKeyId, source: blocks.snapshot(snapshotId) }]);
    }
    case "CopySnapshot": {
      const { Encrypted: encrypted, KmsKeyId: kmsKeyId, SourceSnapshotId: snapshotId = "" } = input as unknown as ec2.CopySnapshotRequest;
      return keysOf(environment, context, [{ encrypted, kmsKeyId, source: blocks.snapshot(snapshotId) }]);
    }
    case "RunInstances": {
      const devices = (input as unknown as ec2.RunInstancesRequest).BlockDeviceMappings ?? [];
      return keysOf(environment, context, devices.map(({ Ebs: { Encrypted: encrypted, KmsKeyId: kmsKeyId, SnapshotId: snapshotId = "" } = {} }) => ({ encrypted, kmsKeyId, source: blocks.snapshot(snapshotId) })));
    }
    default:
      return [];
  }
}

function keysOf(environment: Ec2Environment, context: RequestContext, devices: readonly Encrypting[]): Permission[] {
  const needed = new Map<string, Permission>();
  for (const device of devices) {
    const sourceKey = device.source?.kmsKeyId;
    const targetKey = resolveEncryption(environment, context, device).kmsKeyId;
    const isReEncrypted = sourceKey !== undefined && sourceKey !== targetKey;
    const add = (key: string | undefined, ...actions: readonly string[]): void => {
      if (key === undefined || isManaged(key)) return;
      for (const name of actions) needed.set(`${name} ${key}`, { action: `kms:${name}`, resource: key, read: viaEc2(context) });
    };
    add(sourceKey, "Decrypt", ...(isReEncrypted ? ["ReEncryptFrom"] : []));
    add(targetKey, "DescribeKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant", ...(isReEncrypted ? ["ReEncryptTo"] : []));
  }
  return [...needed.values()];
}

function isManaged(keyArn: string): boolean {
  const [, , , region = "", accountId = ""] = keyArn.split(":");
  return keyArn === defaultKeyArn({ accountId, region });
}

function viaEc2({ region }: RequestContext): ReadKey {
  return (key) => (key === "kms:viaservice" ? [`ec2.${region}.amazonaws.com`] : key === "kms:grantisforawsresource" ? ["true"] : undefined);
}
