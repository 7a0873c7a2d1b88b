import type { Tier } from "@aws-sdk/client-s3";
import { ProviderError } from "../../../errors/index.js";
import { invalidOption, optionError } from "../../../options/option-error.js";
import type { ThawOptions, ThawOutcome } from "../../../ports/index.js";
import type { AwsCall } from "../aws-calls.js";
import { describeAwsFailure } from "../aws-failure.js";
import { missingObject } from "./get-object.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

const tiers: Readonly<Record<ThawOptions["tier"], Tier>> = { expedited: "Expedited", standard: "Standard", bulk: "Bulk" };
/** What S3 says where it has no room for expedited restores just now; trying the same again at once is no help. */
const expeditedUnavailable = "GlacierExpeditedRetrievalNotAvailable";

/** Has S3 make a readable copy of an archived object for some days. S3 answers 202 where that begins and 200 where there is a copy already, whose days it changes. */
export async function thawObject(place: S3Place, name: string, options: ThawOptions): Promise<ThawOutcome> {
  const { days, tier, versionId } = options;
  if (!Number.isSafeInteger(days) || days < 1) throw invalidOption("days", days, "must be a whole number of days, at least 1.");
  const command = { ...addressOf(place, name), VersionId: versionId, RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tiers[tier] } } };
  return await place.calls.run(thawCall(place, name, options), async (attempt) => {
    try {
      const { $metadata: metadata } = await place.client.send((aws) => new aws.RestoreObjectCommand(command), { abortSignal: attempt.signal });
      return metadata.httpStatusCode === 200 ? "readable" : "started";
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure?.code === "RestoreAlreadyInProgress") return "underway";
      // Objects of the other storage classes need no restore, and S3 takes none for them.
      if (failure?.code === "InvalidObjectState") return "readable";
      if (failure?.code === "NoSuchKey" || failure?.code === "NoSuchVersion" || failure?.httpStatus === 405) throw missingObject(place, name);
      throw error;
    }
  });
}

function thawCall(place: S3Place, name: string, { tier, signal }: ThawOptions): AwsCall {
  const call = s3Call(place, { operation: "RestoreObject", rateClass: "write", permissions: ["s3:RestoreObject"], name, signal });
  return {
    ...call,
    retry: ({ code }) => (code === expeditedUnavailable ? false : undefined),
    translate: (failure, attempt) => {
      if (failure.code === expeditedUnavailable) {
        return new ProviderError(`S3 has no room for expedited restores now, and ${name} was not thawed: take the tier standard, or try again later.`, {
          code: "ExpeditedThawUnavailable", service: "s3", operation: "RestoreObject", awsCode: failure.code, requestId: failure.requestId, retryable: true, context: { name, bucket: place.bucket },
        });
      }
      if (failure.code === "InvalidArgument" && tier === "expedited") {
        return optionError("tier", `the storage class of ${name} has no expedited restores: take standard or bulk.`, { context: { name } });
      }
      return call.translate?.(failure, attempt);
    },
  };
}
