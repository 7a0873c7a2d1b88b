import type { IamStore } from "./iam-store.js";

const AWS_PREFIX = "arn:aws:iam::aws:policy/";

/** The policies of AWS's own that grant something here; all others can be attached and grant nothing. */
const OF_AWS: Readonly<Record<string, string>> = {
  [`${AWS_PREFIX}AdministratorAccess`]: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
};

/** The document of a managed policy. */
export function managedDocument(store: IamStore, arn: string): string | undefined {
  return OF_AWS[arn] ?? store.findPolicy(arn)?.document;
}

/** Whether a policy of that ARN can be attached. */
export function isAttachable(store: IamStore, arn: string): boolean {
  return arn.startsWith(AWS_PREFIX) || store.findPolicy(arn) !== undefined;
}
