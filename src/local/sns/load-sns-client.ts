const PACKAGE = "@aws-sdk/client-sns";

/** The SNS client's exports, with the schemas of its operations; undefined where that optional package is not installed. */
export async function loadSnsClient(): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await import("@aws-sdk/client-sns");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(`'${PACKAGE}'`)) return undefined;
    throw error;
  }
}
