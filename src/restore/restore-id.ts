/** What the id of a restore may be: it stands in tags and client tokens. */
export const restoreIdPattern = /^[0-9a-z]{8,32}$/;
export const restoreIdRule = "must be 8 to 32 lower-case letters and digits.";
