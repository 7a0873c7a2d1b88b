import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ownImages, requireOwnImage } from "../images/find-image.js";
import { instancesOf, requireInstance } from "../instances/find-instance.js";
import { interfacesOf } from "../instances/instance-interfaces.js";
import { addressesOf, endpointsOf, gatewaysOf, groupsOf, keyPairsOf, leftInterfacesOf, routeTablesOf, subnetsOf, vpcsOf } from "../network/network.js";
import { findKind, kindOf, notFound } from "../resource-id.js";
import type { ResourceKind } from "../resource-id.js";
import type { Scope } from "../scope.js";
import { requireOwnSnapshot, visibleSnapshots } from "../snapshots/find-snapshot.js";
import { requireVolume, volumesOf } from "../volumes/find-volume.js";
import type { Tags } from "./tag-rules.js";

/** A resource of the caller's, with its tags. */
export interface TaggedResource {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly tags: Tags;
}

/** Everything of the caller's that can have tags. */
export function taggedResources(environment: Ec2Environment, scope: Scope): TaggedResource[] {
  const ownSnapshots = visibleSnapshots(environment, scope).filter((snapshot) => snapshot.accountId === scope.accountId);
  return [
    ...volumesOf(environment, scope).map(({ volumeId, tags }): TaggedResource => ({ kind: "volume", id: volumeId, tags })),
    ...ownSnapshots.map(({ snapshotId, tags }): TaggedResource => ({ kind: "snapshot", id: snapshotId, tags })),
    ...instancesOf(environment, scope).map(({ instanceId, tags }): TaggedResource => ({ kind: "instance", id: instanceId, tags })),
    ...ownImages(environment, scope).map(({ imageId, tags }): TaggedResource => ({ kind: "image", id: imageId, tags })),
    ...networkResources(environment, scope),
  ];
}

/** The tags of a resource of any kind, also of a snapshot of another account; undefined where there is none of that id. */
export function findTags(environment: Ec2Environment, scope: Scope, id: string): Tags | undefined {
  const { blocks, tables } = environment;
  switch (findKind(id)) {
    case "volume":
      return blocks.volume(id)?.tags;
    case "snapshot":
      return blocks.snapshot(id)?.tags;
    case "instance":
      return tables.instances.get(id)?.tags;
    case "image":
      return tables.images.get(id)?.tags;
    case undefined:
      return undefined;
    case "vpc":
    case "subnet":
    case "security-group":
    case "route-table":
    case "internet-gateway":
    case "network-interface":
    case "vpc-endpoint":
    case "elastic-ip":
    case "key-pair":
      return networkResources(environment, scope).find((resource) => resource.id === id)?.tags;
  }
}

/** The caller's resource of an id of any kind. */
export function requireTaggable(environment: Ec2Environment, id: string, context: RequestContext): TaggedResource {
  const kind = kindOf(id);
  switch (kind) {
    case "volume":
      return { kind, id, tags: requireVolume(environment, context, id).tags };
    case "snapshot":
      return { kind, id, tags: requireOwnSnapshot(environment, context, id).tags };
    case "instance":
      return { kind, id, tags: requireInstance(environment, context, id).tags };
    case "image":
      return { kind, id, tags: requireOwnImage(environment, context, id).tags };
    case "vpc":
    case "subnet":
    case "security-group":
    case "route-table":
    case "internet-gateway":
    case "network-interface":
    case "vpc-endpoint":
    case "elastic-ip":
    case "key-pair": {
      const found = networkResources(environment, context).find((resource) => resource.id === id);
      if (found === undefined) throw notFound(kind, id);
      return found;
    }
  }
}

/** Replaces a resource's tags. */
export function saveTags({ blocks, tables }: Ec2Environment, { kind, id }: TaggedResource, tags: Tags): void {
  switch (kind) {
    case "volume":
      blocks.updateVolume(id, { tags });
      return;
    case "snapshot":
      blocks.updateSnapshot(id, { tags });
      return;
    case "instance": {
      const instance = tables.instances.get(id);
      if (instance !== undefined) blocks.records.commit([tables.instances.put(id, { ...instance, tags })]);
      return;
    }
    case "image": {
      const image = tables.images.get(id);
      if (image !== undefined) blocks.records.commit([tables.images.put(id, { ...image, tags })]);
      return;
    }
    case "vpc":
    case "subnet":
    case "security-group":
    case "route-table":
    case "internet-gateway":
    case "network-interface":
    case "vpc-endpoint":
    case "elastic-ip":
    case "key-pair":
      blocks.records.commit([tables.tags.put(id, { tags })]);
  }
}

function networkResources(environment: Ec2Environment, scope: Scope): TaggedResource[] {
  const withTags = (kind: ResourceKind, id: string): TaggedResource => ({ kind, id, tags: environment.tables.tags.get(id)?.tags ?? {} });
  return [
    ...vpcsOf(environment, scope).map((vpc) => withTags("vpc", vpc.vpcId)),
    ...groupsOf(environment, scope).map((group) => withTags("security-group", group.groupId)),
    ...subnetsOf(environment, scope).map((subnet) => withTags("subnet", subnet.subnetId)),
    ...routeTablesOf(environment, scope).map((table) => withTags("route-table", table.routeTableId)),
    ...gatewaysOf(environment, scope).map((gateway) => withTags("internet-gateway", gateway.internetGatewayId)),
    ...endpointsOf(environment, scope).map((endpoint) => withTags("vpc-endpoint", endpoint.endpointId)),
    ...endpointsOf(environment, scope).flatMap((endpoint) => endpoint.interfaces.map((one) => withTags("network-interface", one.networkInterfaceId))),
    ...leftInterfacesOf(environment, scope).map((one) => withTags("network-interface", one.networkInterfaceId)),
    ...instancesOf(environment, scope)
      .filter((instance) => instance.target !== "terminated")
      .flatMap((instance) => interfacesOf(instance).map((one) => withTags("network-interface", one.networkInterfaceId))),
    ...addressesOf(environment, scope).map((address) => withTags("elastic-ip", address.allocationId)),
    ...keyPairsOf(environment, scope).map((pair) => withTags("key-pair", pair.keyPairId)),
  ];
}
