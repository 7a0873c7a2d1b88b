import type * as kms from "@aws-sdk/client-kms";
import { ConfigurationError } from "../../../errors/index.js";

const packageName = "@aws-sdk/client-kms";

/** The KMS client's package, loaded when it is first used; `ConfigurationError` (`MissingPackage`) where it is not installed. */
export async function loadKms(): Promise<typeof kms> {
  try {
    return await import("@aws-sdk/client-kms");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" && cause.message.includes(`'${packageName}'`);
    if (!isMissing) throw cause;
    throw new ConfigurationError(`KMS needs the package ${packageName}, which is not installed: npm install ${packageName}. It is optional, since only repositories whose key is kept by KMS need it.`, {
      code: "MissingPackage",
      context: { package: packageName },
      cause,
    });
  }
}
