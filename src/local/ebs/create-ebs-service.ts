import * as client from "@aws-sdk/client-ebs";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import { completeSnapshot } from "./complete-snapshot.js";
import { EbsEnvironment } from "./ebs-environment.js";
import type { EbsServiceOptions } from "./ebs-environment.js";
import { ebsPermissions } from "./ebs-permissions.js";
import { getSnapshotBlock } from "./get-snapshot-block.js";
import { listChangedBlocks } from "./list-changed-blocks.js";
import { listSnapshotBlocks } from "./list-snapshot-blocks.js";
import { putSnapshotBlock } from "./put-snapshot-block.js";
import { startSnapshot } from "./start-snapshot.js";

/** The EBS direct APIs, over the volumes and snapshots that EC2 has too. */
export function createEbsService(options: EbsServiceOptions): ServiceDefinition {
  const environment = new EbsEnvironment(options);
  const bind =
    <Input, Output>(run: (environment: EbsEnvironment, input: Input, context: RequestContext) => Output | Promise<Output>): Operation<Input, Output> =>
    async (input, context) =>
      await run(environment, input, context);
  return {
    signingName: "ebs",
    protocol: "restJson",
    apiVersion: "2019-11-02",
    schemas: client,
    permissions: ebsPermissions(environment),
    operations: {
      StartSnapshot: bind(startSnapshot),
      PutSnapshotBlock: bind(putSnapshotBlock),
      CompleteSnapshot: bind(completeSnapshot),
      ListSnapshotBlocks: bind(listSnapshotBlocks),
      ListChangedBlocks: bind(listChangedBlocks),
      GetSnapshotBlock: bind(getSnapshotBlock),
    },
  };
}
