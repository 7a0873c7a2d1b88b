import * as z from "zod";
import { IntegrityError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { isConflict, isGone } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Whose turn it is. */
export interface TurnState {
  readonly session: string;
}

/** At what processes take turns: the object's name is known to all of them. */
export interface TurnPlace<State extends TurnState> {
  readonly name: string;
  /** What it is sealed for. */
  readonly label: string;
  /** What it is, for the log. */
  readonly what: string;
  readonly schema: z.ZodType<State>;
}

/** A turn as it is stored; without a state where it is damaged: it is overwritten. */
export interface FoundTurn<State extends TurnState> {
  readonly etag: string;
  readonly state: State | undefined;
}

/** The turn that is there now, whosever it is. */
export async function readTurn<State extends TurnState>(context: RepositoryContext, place: TurnPlace<State>, options: SignalOptions = {}): Promise<FoundTurn<State> | undefined> {
  try {
    const { body, etag } = await context.store.get(place.name, options);
    return { etag, state: open(context, place, body) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** A lease under a name that all who may want it know, held by this process: put only if absent or in the place of the one that was found, renewed by compare-and-swap, given back at the end. When that lapses, and what follows, is its user's. */
export class HeldTurn<State extends TurnState> {
  readonly #context: RepositoryContext;
  readonly #place: TurnPlace<State>;
  #state: State;
  #etag: string;

  private constructor(context: RepositoryContext, place: TurnPlace<State>, state: State, etag: string) {
    this.#context = context;
    this.#place = place;
    this.#state = state;
    this.#etag = etag;
  }

  /** Takes the turn in the place of what was found there; `undefined` where another was faster, or the reply was lost: what is there now tells. */
  static async take<State extends TurnState>(context: RepositoryContext, place: TurnPlace<State>, state: State, found: FoundTurn<State> | undefined, { signal }: SignalOptions): Promise<HeldTurn<State> | undefined> {
    try {
      const { etag } = await context.store.put(place.name, sealed(context, place, state), { condition: found === undefined ? "absent" : { etag: found.etag }, signal });
      return new HeldTurn(context, place, state, etag);
    } catch (error) {
      if (!isConflict(error)) throw error;
      return undefined;
    }
  }

  /** As it was last put. */
  get state(): State {
    return this.#state;
  }

  /** `ConflictError` (`ConditionFailed`) where it is another's by now, or a renewal took effect whose reply was lost: `isStillOurs` tells. */
  async renew(state: State, { signal }: SignalOptions): Promise<void> {
    this.#etag = (await this.#context.store.put(this.#place.name, sealed(this.#context, this.#place, state), { condition: { etag: this.#etag }, signal })).etag;
    this.#state = state;
  }

  /** After a conflict: whether a renewal of ours took effect though its reply was lost. Where that cannot be asked, it is taken to be so until the next. */
  async isStillOurs(): Promise<boolean> {
    const { session } = this.#state;
    try {
      const found = await readTurn(this.#context, this.#place);
      if (found?.state?.session !== session) return false;
      this.#etag = found.etag;
      return true;
    } catch (error) {
      this.#context.logger.warn(`${this.#place.what} could not be read`, { session, error: asError(error).message });
      return true;
    }
  }

  /** Whether another has it by now, or it is gone. Where that cannot be asked, it is taken not to be so. */
  async isAnothers(): Promise<boolean> {
    const { session } = this.#state;
    try {
      return (await readTurn(this.#context, this.#place))?.state?.session !== session;
    } catch (error) {
      this.#context.logger.warn(`${this.#place.what} could not be read`, { session, error: asError(error).message });
      return false;
    }
  }

  /** Gives the turn back; one that another has taken stays. */
  async giveBack(): Promise<void> {
    // a renewal that was cut short may have taken effect: then the turn is ours by another tag
    if (!(await this.#remove()) && (await this.isStillOurs())) await this.#remove();
  }

  async #remove(): Promise<boolean> {
    try {
      await this.#context.store.delete(this.#place.name, { etag: this.#etag });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return false;
    }
  }
}

function open<State extends TurnState>(context: RepositoryContext, place: TurnPlace<State>, bytes: Buffer): State | undefined {
  try {
    return place.schema.parse(JSON.parse(unseal(sealOf(context, place), bytes).toString("utf8")));
  } catch (error) {
    if (!(error instanceof IntegrityError || error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
    context.logger.warn(`${place.what} is damaged and counts as lapsed`, { object: place.name });
    return undefined;
  }
}

function sealed<State extends TurnState>(context: RepositoryContext, place: TurnPlace<State>, state: State): Buffer {
  return seal(sealOf(context, place), Buffer.from(JSON.stringify(state)));
}

function sealOf({ keys }: RepositoryContext, { name, label }: Pick<TurnPlace<TurnState>, "name" | "label">): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label };
}
