import type { FuzzTarget } from "../target.js";
import { answerTargets } from "./answers.js";
import { cloudFileTargets } from "./cloud-files.js";
import { documentTargets } from "./documents.js";
import { fileSystemTargets } from "./file-systems.js";
import { fileTreeTargets } from "./file-trees.js";
import { journalTargets } from "./journals.js";
import { localCloudTargets } from "./local-cloud.js";
import { nameAndReportTargets } from "./names-and-reports.js";
import { nbdTargets } from "./nbd.js";
import { openedRepositoryTargets } from "./opened-repository.js";
import { rawRequestTargets } from "./raw-requests.js";
import { repositoryTargets } from "./repository.js";
import { wholeCloudTargets } from "./whole-cloud.js";
import { workerWordTargets } from "./worker-words.js";

/** Every parser of what somebody else may have written. */
export const targets: readonly FuzzTarget[] = [...repositoryTargets, ...openedRepositoryTargets, ...documentTargets, ...answerTargets, ...fileSystemTargets, ...fileTreeTargets, ...journalTargets, ...nbdTargets, ...localCloudTargets, ...wholeCloudTargets, ...rawRequestTargets, ...cloudFileTargets, ...workerWordTargets, ...nameAndReportTargets];
