import { expect, it } from "vitest";
import { CopyBed } from "../../test/support/copy-bed.js";
import type { RepositoryTask } from "../repository/workers/repository-workers.js";
import type { WorkLabels, Workers } from "../workers/index.js";
import { repositoryWorkers } from "./repository-workers.js";

const moving = { backUpVolume: () => Promise.reject(new Error("no backup")), restoreBlocks: () => Promise.reject(new Error("no restore")) };
const labels = { policyName: "gold" };

it("a policy's work in repositories is its workers' where they are elsewhere and reach all of them, under the policy's name, and its own otherwise", async () => {
  const asked: (WorkLabels | undefined)[] = [];
  const elsewhere: Workers = { ...moving, isInProcess: false, workInRepository: (_task, of) => Promise.resolve(asked.push(of)) };
  const reached = await new CopyBed({ bucket: "backups" }).create();
  const hidden = await new CopyBed().create();
  expect(repositoryWorkers({ ...elsewhere, isInProcess: true }, labels, [reached])).toBeUndefined();
  expect(repositoryWorkers(moving, labels, [reached])).toBeUndefined();
  expect(repositoryWorkers(elsewhere, labels, [reached, hidden])).toBeUndefined();
  await repositoryWorkers(elsewhere, labels, [reached, reached])?.workInRepository({} as RepositoryTask);
  expect(asked).toEqual([labels]);
});
