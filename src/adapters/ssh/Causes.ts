/** What was thrown, in words and codes. */

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const codeOf = (cause: unknown): string | number | undefined => {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined
  return typeof cause.code === "string" || typeof cause.code === "number" ? cause.code : undefined
}

export const hasCode = (cause: unknown, code: string | number): boolean => codeOf(cause) === code
