/** What the id of a restore may be: it stands in tags and client tokens. */
export const restoreIdPattern = /^[0-9a-z]{8,32}$/;
export const restoreIdRule = "must be 8 to 32 lower-case letters and digits.";

/** That an earlier call's lease is taken at once makes sense only where the call is named. */
export const takeOverNeedsId = {
  isRight: ({ id, takeOver }: { readonly id?: string | undefined; readonly takeOver?: boolean | undefined }) => takeOver !== true || id !== undefined,
  otherwise: { path: ["takeOver"], message: "needs the id of the restore that is taken over. Give it in \"id\", or leave takeOver out." },
};
