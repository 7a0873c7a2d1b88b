// What every store of objects checks alike, for those who write one of their own: `ObjectStore`, in the package's main entry, says what it must hold.
export { checkDeletedNames, checkObjectName, checkObjectPrefix } from "./object-name.js";
export { checkRange, resolveRange } from "./byte-range.js";
export { conditionFailed, objectNotFound, truncatedObject } from "./store-errors.js";
