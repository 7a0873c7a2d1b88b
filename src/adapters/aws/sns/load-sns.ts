import type * as sns from "@aws-sdk/client-sns";
import { ConfigurationError } from "../../../errors/index.js";

const packageName = "@aws-sdk/client-sns";

/** The SNS client's package, loaded when it is first used; `ConfigurationError` (`MissingPackage`) where it is not installed. */
export async function loadSns(): Promise<typeof sns> {
  try {
    return await import("@aws-sdk/client-sns");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" && cause.message.includes(`'${packageName}'`);
    if (!isMissing) throw cause;
    throw new ConfigurationError(`SNS needs the package ${packageName}, which is not installed: npm install ${packageName}. It is optional, since only messages to topics need it.`, {
      code: "MissingPackage",
      context: { package: packageName },
      cause,
    });
  }
}
