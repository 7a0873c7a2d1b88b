import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, missingParameter } from "../ec2-error.js";
import { takePage } from "../listing.js";
import { keyPairsOf } from "../network/network.js";
import { tagNew, tagsOf } from "../network/network-tags.js";
import { createId } from "../resource-id.js";

/** Takes the public half of a key; nothing here reads it. */
export function importKeyPair(environment: Ec2Environment, input: ec2.ImportKeyPairRequest, context: RequestContext): ec2.ImportKeyPairResult {
  acceptOnly(input, ["KeyName", "PublicKeyMaterial", "TagSpecifications"]);
  const { KeyName: name } = input;
  if (name === undefined || name === "") throw missingParameter("KeyName");
  if (input.PublicKeyMaterial === undefined || input.PublicKeyMaterial.length === 0) throw missingParameter("PublicKeyMaterial");
  if (keyPairsOf(environment, context).some((pair) => pair.name === name)) throw ec2Error("InvalidKeyPair.Duplicate", `The keypair '${name}' already exists.`);
  const keyPairId = createId("key");
  const record = { accountId: context.accountId, region: context.region, keyPairId, name, createdAt: context.clock.now().toISOString() };
  environment.blocks.records.commit([environment.tables.keyPairs.put(keyPairId, record), ...tagNew(environment, "key-pair", keyPairId, input.TagSpecifications)]);
  return { KeyName: name, KeyPairId: keyPairId };
}

export function describeKeyPairs(environment: Ec2Environment, input: ec2.DescribeKeyPairsRequest, context: RequestContext): ec2.DescribeKeyPairsResult {
  for (const name of input.KeyNames ?? []) requireKeyPair(environment, name, context);
  const { items } = takePage<ec2.KeyPairInfo>({
    items: keyPairsOf(environment, context)
      .filter(({ name }) => input.KeyNames === undefined || input.KeyNames.length === 0 || input.KeyNames.includes(name))
      .map((pair) => ({ KeyPairId: pair.keyPairId, KeyName: pair.name, CreateTime: new Date(pair.createdAt), Tags: tagsOf(environment, pair.keyPairId) })),
    idOf: (pair) => pair.KeyPairId ?? "",
    ids: { kind: "key-pair", parameter: "keyPairIds", values: input.KeyPairIds },
    filters: input.Filters,
    readers: { "key-name": (pair) => pair.KeyName, "key-pair-id": (pair) => pair.KeyPairId },
  });
  return { KeyPairs: items };
}

/** Raises where there is no key of that name. */
export function requireKeyPair(environment: Ec2Environment, name: string, context: RequestContext): void {
  if (!keyPairsOf(environment, context).some((pair) => pair.name === name)) throw ec2Error("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
}
