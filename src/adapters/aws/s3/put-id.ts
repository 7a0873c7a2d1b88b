/** Metadata by which a conditional put knows its own object again. */
export const putIdKey = "holdfast-put";
