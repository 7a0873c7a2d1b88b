import type { RestorePoint } from "../../../src/index.js";
import { Finding } from "../finding.js";
import type { BookedPoint, BookedVolume } from "./booked-point.js";
import { weekOf, type Keeping } from "./keeping.js";

/** What is known of a repository when it is compared with the books. */
export interface Stocktaking {
  readonly listed: readonly RestorePoint[];
  /** What a new point must hold. */
  readonly contentOf: (point: RestorePoint) => readonly BookedVolume[];
  /** Ids of points that runs said they had committed. */
  readonly committed: ReadonlySet<string>;
  /** When the round began, and when it was over. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether retention has surely been carried out since `fromMs`. */
  readonly isRetained: boolean;
}

/** The books of one repository: which points are there, and what they hold. */
export class Shelf {
  readonly name: string;
  readonly points = new Map<string, BookedPoint>();
  readonly #keeping: Keeping;
  readonly #weeks = new Map<string, number>();

  constructor(name: string, keeping: Keeping) {
    this.name = name;
    this.#keeping = keeping;
  }

  /** Compares what is listed with the books, and brings them up to date. */
  take({ listed, contentOf, committed, fromMs, toMs, isRetained }: Stocktaking): void {
    const present = new Set(listed.map(({ id }) => id));
    for (const point of [...listed].sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())) if (!this.points.has(point.id)) this.#add(point, contentOf(point));
    const must = this.#standing(toMs);
    const may = this.#standing(fromMs);
    for (const id of committed) if (!this.points.has(id)) throw new Finding(`${this.name}: ${id} was committed and is not there.`);
    const gone: BookedPoint[] = [];
    for (const point of [...this.points.values()]) {
      const { id, lockedUntilMs } = point;
      if (!present.has(id)) {
        if (must.has(id)) throw new Finding(`${this.name}: ${id} of ${point.resource} is gone, and should be there. Of this resource are there: ${this.#told(point.resource, present)}.`);
        if (lockedUntilMs > toMs) throw new Finding(`${this.name}: ${id} is gone, and is locked.`);
        gone.push(point);
      } else if (isRetained && !may.has(id) && lockedUntilMs <= fromMs) throw new Finding(`${this.name}: ${id} of ${point.resource} is there, and retention should have removed it. Of this resource are there: ${this.#told(point.resource, present)}.`);
    }
    for (const { id } of gone) this.points.delete(id);
  }

  /** Points that must be there at a time, whoever asks. */
  #standing(nowMs: number): ReadonlySet<string> {
    const byResource = new Map<string, BookedPoint[]>();
    for (const point of this.points.values()) byResource.set(point.resource, [...(byResource.get(point.resource) ?? []), point]);
    return new Set([...byResource.values()].flatMap((points) => [...this.#keeping(points, nowMs)]));
  }

  #told(resource: string, present: ReadonlySet<string>): string {
    return [...this.points.values()].filter((point) => point.resource === resource).map(({ id, createdAtMs, snapshotIds }) => `${id} of ${new Date(createdAtMs).toISOString()}, ${snapshotIds.join(" ")}${present.has(id) ? "" : " (gone)"}`).join("; ");
  }

  #add(point: RestorePoint, volumes: readonly BookedVolume[]): void {
    const createdAtMs = point.createdAt.getTime();
    const week = weekOf(createdAtMs);
    const isFirstOfWeek = this.#weeks.get(point.resource) !== week;
    this.#weeks.set(point.resource, week);
    this.points.set(point.id, { id: point.id, resource: point.resource, createdAtMs, lockedUntilMs: point.lockedUntil?.getTime() ?? 0, isFirstOfWeek, volumes, snapshotIds: point.volumes.flatMap(({ snapshotId }) => snapshotId ?? []) });
  }
}
