import type { ServiceDefinition } from "../service.js";
import type { Codec } from "./codec/codec.js";
import { createCodec } from "./codec/create-codec.js";
import { ServiceModel } from "./service-model.js";

/** A service with what it takes to speak its protocol. */
export interface HostedService {
  readonly definition: ServiceDefinition;
  readonly codec: Codec;
  /** Query services name the operation in the body, so it is read before anything is known. */
  readonly readsBodyFirst: boolean;
}

export function hostService(definition: ServiceDefinition): HostedService {
  return {
    definition,
    codec: createCodec(new ServiceModel(definition)),
    readsBodyFirst: definition.protocol === "ec2Query" || definition.protocol === "awsQuery",
  };
}
