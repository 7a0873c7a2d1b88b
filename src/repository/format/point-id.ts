import { invalidOption } from "../../options/option-error.js";
import { objectNames } from "./object-names.js";

/** The id of the restore point whose group has this name: its resource's keyed name and its own, joined. */
export function pointId(groupName: string): string {
  return groupName.slice(objectNames.groups.length).replace("/", "-");
}

/** The name of the group of the restore point with this id. */
export function groupNameOf(id: string): string {
  const match = /^([0-9a-f]{32})-([0-9a-f]{20})$/.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw invalidOption("point", id, "must be the id of a restore point. repository.restorePoints() lists those that are there.");
  }
  return objectNames.group(match[1], match[2]);
}

/** A time as the names of groups begin with it, so that their order is that of time. */
export function pointTime(time: Date): string {
  return Math.max(0, time.getTime()).toString(16).padStart(12, "0");
}
