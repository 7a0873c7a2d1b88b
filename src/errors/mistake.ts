/** How the message of an error ends that no caller can bring about and none can mend. */
export const mistake = "This is a mistake in holdfast: report it, with the log.";
