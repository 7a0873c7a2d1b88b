import type * as ec2 from "@aws-sdk/client-ec2";
import type { FindPermissions, RequestContext } from "../../service.js";
import type { Permission } from "../../wire/permission.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { routeTablesOf } from "../network/network.js";
import { findKind } from "../resource-id.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { encryptionPermissions } from "./encryption-permissions.js";
import { launchPermissions } from "./launch-permissions.js";
import { operationResources } from "./operation-resources.js";
import { ec2Arn } from "./resource-arn.js";
import { either, keysOfResource, keysOfTags } from "./resource-keys.js";

type Input = Readonly<Record<string, unknown>> & { readonly TagSpecifications?: readonly ec2.TagSpecification[] | undefined };

/** What a call of EC2 needs: the operation on each resource that it names or makes, and the leave to tag what it makes. */
export function ec2Permissions(environment: Ec2Environment): FindPermissions {
  return (operation, input: Input, context) => {
    const own = ownPermissions(environment, operation, input, context);
    const tagged = (input.TagSpecifications ?? []).filter((specification) => (specification.Tags ?? []).length > 0);
    return [...own, ...tagged.map((specification) => taggingOf(specification, operation, context)), ...encryptionPermissions(environment, operation, input, context)];
  };
}

function ownPermissions(environment: Ec2Environment, operation: string, input: Input, context: RequestContext): Permission[] {
  const action = `ec2:${operation}`;
  if (operation === "RunInstances") return launchPermissions(environment, input as unknown as ec2.RunInstancesRequest, context);
  if (operation === "CreateTags" || operation === "DeleteTags") return taggingPermissions(environment, action, input, context);
  if (operation === "CreateSnapshots") return snapshotPermissions(environment, action, input as unknown as ec2.CreateSnapshotsRequest, context);
  if (operation === "DisassociateRouteTable") return disassociationPermissions(environment, action, input, context);
  const resources = operationResources[operation];
  if (resources === undefined) return [{ action, resource: "*" }];
  const named = Object.entries(resources.named ?? {}).flatMap(([parameter, kind]) =>
    idsIn(input[parameter]).map((id): Permission => ({ action, resource: ec2Arn(context, kind, id), read: keysOfResource(environment, context, id) })),
  );
  const made = (resources.made ?? []).map((kind): Permission => {
    const tags = input.TagSpecifications?.find((specification) => specification.ResourceType === kind)?.Tags ?? [];
    return { action, resource: ec2Arn(context, kind, "*"), read: keysOfTags(tags) };
  });
  return [...named, ...made, ...(operation === "CreateVpcEndpoint" ? privateNamePermissions(input) : [])];
}

/** The table and the subnet that are parted. */
function disassociationPermissions(environment: Ec2Environment, action: string, input: Input, context: RequestContext): Permission[] {
  for (const { routeTableId, associations } of routeTablesOf(environment, context)) {
    const association = associations.find(({ associationId }) => associationId === input["AssociationId"]);
    if (association === undefined) continue;
    const of = (kind: "route-table" | "subnet", id: string): Permission => ({ action, resource: ec2Arn(context, kind, id), read: keysOfResource(environment, context, id) });
    return [of("route-table", routeTableId), of("subnet", association.subnetId)];
  }
  return [{ action, resource: ec2Arn(context, "route-table", "*") }];
}

/** An interface endpoint with private names has its VPC put into a hosted zone of Route 53, in the caller's name. */
function privateNamePermissions(input: Input): Permission[] {
  return input["VpcEndpointType"] === "Interface" && input["PrivateDnsEnabled"] !== false ? [{ action: "route53:AssociateVPCWithHostedZone", resource: "arn:aws:route53:::hostedzone/*" }] : [];
}

function taggingOf({ ResourceType: type, Tags: tags = [] }: ec2.TagSpecification, operation: string, context: RequestContext): Permission {
  const account = type === "snapshot" || type === "image" ? "" : context.accountId;
  return { action: "ec2:CreateTags", resource: `arn:aws:ec2:${context.region}:${account}:${type ?? "*"}/*`, read: keysOfTags(tags, operation) };
}

function taggingPermissions(environment: Ec2Environment, action: string, input: Input, context: RequestContext): Permission[] {
  const tags = (input["Tags"] ?? []) as readonly ec2.Tag[];
  return idsIn(input["Resources"]).map((id) => {
    const kind = findKind(id);
    const resource = kind === undefined ? "*" : ec2Arn(context, kind, id);
    return { action, resource, read: either(keysOfTags(tags), keysOfResource(environment, context, id)) };
  });
}

/** All volumes of an instance are frozen together: each of them, and the instance, must be allowed. */
function snapshotPermissions(environment: Ec2Environment, action: string, input: ec2.CreateSnapshotsRequest, context: RequestContext): Permission[] {
  const instanceId = input.InstanceSpecification?.InstanceId ?? "*";
  const on = (kind: "instance" | "volume", id: string): Permission => ({ action, resource: ec2Arn(context, kind, id), read: keysOfResource(environment, context, id) });
  const tags = input.TagSpecifications?.[0]?.Tags ?? [];
  return [
    on("instance", instanceId),
    ...attachmentsOf(environment, instanceId).map(({ volumeId }) => on("volume", volumeId)),
    { action, resource: ec2Arn(context, "snapshot", "*"), read: keysOfTags(tags) },
  ];
}

function idsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === "string") : [];
}
