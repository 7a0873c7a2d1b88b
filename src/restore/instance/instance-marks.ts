import { ConflictError } from "../../errors/index.js";
import type { Tags } from "../../ports/index.js";
import { donePart, partTag, restoreTag, sessionTag, sourceTag } from "../../workers/tags/restore-tags.js";

export { partTag, restoreTag, sourceTag };
/** On a volume that a restore has replaced and kept. */
export const replacedTag = "holdfast:replaced";

/** What a resource is in a restore. */
export type RestorePart =
  | { readonly kind: "snapshot" | "image" | "volume" | "made" }
  /** A snapshot of a present volume, over which the one that is restored is written. */
  | { readonly kind: "parent" }
  /** From here on nothing of it is undone. `isNew`: of an instance that the restore launched. */
  | { readonly kind: "done"; readonly isNew: boolean }
  /** The instance that is restored in place, with the state that it was in and how many of its volumes are replaced. */
  | { readonly kind: "instance"; readonly was: "running" | "stopped"; readonly replaces: number }
  /** A volume that is replaced in place. */
  | { readonly kind: "old"; readonly deviceName: string; readonly deleteOnTermination: boolean };

/** The marks of one restore. */
export class RestoreMarks {
  readonly id: string;
  readonly digest: string;

  constructor(id: string, digest: string) {
    this.id = id;
    this.digest = digest;
  }

  /** By which everything of this restore is found. */
  get all(): Tags {
    return { [restoreTag]: this.id };
  }

  /** The tags of something that the restore makes. */
  made(part: RestorePart, more: Tags = {}): Tags {
    return { ...more, ...this.of(part), [sessionTag]: this.id };
  }

  /** The tags by which something is marked that was there before. */
  of(part: RestorePart): Tags {
    return { [restoreTag]: this.id, [partTag]: `${partText(part)} ${this.digest}` };
  }

  /** What a resource is in this restore; `undefined` where it is none of its. Raises where it was made with other options. */
  partOf(tags: Tags): RestorePart | undefined {
    if (tags[restoreTag] !== this.id) return undefined;
    const [text = "", digest = ""] = (tags[partTag] ?? "").split(" ");
    if (this.digest !== "" && digest !== "" && digest !== this.digest) {
      throw new ConflictError(`The restore ${this.id} began with other options, or of another restore point: go on with the same ones, undo it (undoInstance), or take another id.`, { code: "RestoreDiffers", context: { restore: this.id } });
    }
    return readPart(text);
  }
}

function partText(part: RestorePart): string {
  if (part.kind === "instance") return `instance:${part.was}:${String(part.replaces)}`;
  if (part.kind === "done") return part.isNew ? `${donePart}:new` : `${donePart}:kept`;
  return part.kind === "old" ? `old:${part.deviceName}:${String(part.deleteOnTermination)}` : part.kind;
}

function readPart(text: string): RestorePart | undefined {
  const [kind, ...rest] = text.split(":");
  switch (kind) {
    case "snapshot":
    case "image":
    case "volume":
    case "made":
    case "parent":
      return { kind };
    case donePart:
      return { kind, isNew: rest[0] === "new" };
    case "instance":
      return { kind, was: rest[0] === "stopped" ? "stopped" : "running", replaces: Number(rest[1]) };
    case "old":
      return { kind, deviceName: rest.slice(0, -1).join(":"), deleteOnTermination: rest.at(-1) === "true" };
    case undefined:
    default:
      return undefined;
  }
}
