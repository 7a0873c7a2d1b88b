import type { FuzzTarget } from "../target.js";
import { documentTargets } from "./documents.js";
import { fileSystemTargets } from "./file-systems.js";
import { localCloudTargets } from "./local-cloud.js";
import { nbdTargets } from "./nbd.js";
import { repositoryTargets } from "./repository.js";

/** Every parser of what somebody else may have written. */
export const targets: readonly FuzzTarget[] = [...repositoryTargets, ...documentTargets, ...fileSystemTargets, ...nbdTargets, ...localCloudTargets];
