/** Milliseconds since 1970 as ISO 8601; times that no calendar has stay numbers. */
export const isoTime = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))
