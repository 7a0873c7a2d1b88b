import * as client from "@aws-sdk/client-ec2";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import { Ec2Environment } from "./ec2-environment.js";
import type { Ec2ServiceOptions } from "./ec2-environment.js";
import { ec2Error } from "./ec2-error.js";
import { ec2Operations } from "./ec2-operations.js";
import type { Ec2Operation } from "./ec2-operations.js";
import { ec2Permissions } from "./permissions/ec2-permissions.js";
import { disposeOfLeftovers } from "./volumes/volume-disposals.js";

/** EC2, as far as backups, restores and the workers that make them need it. */
export function createEc2Service(options: Ec2ServiceOptions): ServiceDefinition {
  return serveEc2(new Ec2Environment(options));
}

/** The same, in an environment that others know too. */
export function serveEc2(environment: Ec2Environment): ServiceDefinition {
  disposeOfLeftovers(environment);
  const bind =
    (run: Ec2Operation): Operation =>
    async (input: { readonly DryRun?: boolean | undefined }, context: RequestContext) => {
      if (input.DryRun === true) throw ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
      return await run(environment, input as never, context);
    };
  return {
    signingName: "ec2",
    protocol: "ec2Query",
    apiVersion: "2016-11-15",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    schemas: client,
    permissions: ec2Permissions(environment),
    operations: Object.fromEntries(Object.entries(ec2Operations).map(([name, run]) => [name, bind(run)])),
  };
}
