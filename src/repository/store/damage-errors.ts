import { IntegrityError } from "../../errors/index.js";

/** How the message about anything damaged ends. */
export const damageRemedy = " repository.verify() says what that endangers, and repository.repair() mends what there is another copy of.";

/** What an error says of an object, without what is to be done: where that is said in other words. */
export function damageOf({ message }: Error): string {
  return message.replace(damageRemedy, "");
}

/** The error for an object that is not what was written. */
export function damagedObject(name: string, why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`${name} is damaged: ${why}.${damageRemedy}`, { code: "DamagedObject", context: { object: name }, cause });
}

/** The error for a pack whose directory is not what was written. */
export function damagedPack(pack: string, why: string): IntegrityError {
  return new IntegrityError(`The directory of ${pack} is damaged: ${why}.${damageRemedy}`, { code: "DamagedPack", context: { pack } });
}
