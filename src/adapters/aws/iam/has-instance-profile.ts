import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { IamPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import { describeAwsFailure } from "../aws-failure.js";

/** Whether an instance profile is there; `undefined` where IAM does not let that be asked. */
export async function hasInstanceProfile(door: { readonly iam: LazyClient<IamPackage>; readonly calls: AwsCalls; readonly region: string }, profile: string, options: CallOptions): Promise<boolean | undefined> {
  const name = profile.split("/").at(-1) ?? profile;
  try {
    return await door.calls.run({ service: "iam", operation: "GetInstanceProfile", resource: name, region: door.region, client: door.iam, signal: options.signal }, async ({ signal }) => {
      try {
        await door.iam.send((aws) => new aws.GetInstanceProfileCommand({ InstanceProfileName: name }), { abortSignal: signal });
        return true;
      } catch (error) {
        if (describeAwsFailure(error)?.code === "NoSuchEntity") return false;
        throw error;
      }
    });
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.code === "AccessDenied") return undefined;
    throw error;
  }
}
