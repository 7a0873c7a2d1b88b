/** Under which name spans and numbers are found. */
export const instrumentation = "holdfast";
