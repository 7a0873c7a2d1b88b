import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireOwnSnapshot } from "./find-snapshot.js";
import { removeSnapshot } from "./remove-snapshot.js";

/** Deletes a snapshot, also one that is still being made: that is how a started one is given up. */
export function deleteSnapshot(environment: Ec2Environment, input: ec2.DeleteSnapshotRequest, context: RequestContext): void {
  removeSnapshot(environment, requireOwnSnapshot(environment, context, input.SnapshotId));
}
