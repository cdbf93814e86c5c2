/** An error in a hook, on one line. */
export const describeHookFailure = (failure: unknown): string => {
  const message = failure instanceof Error ? failure.message : String(failure)
  return `this hook event is not in the log yet: ${message.replace(/\s*\n\s*/g, " ").slice(0, 500)}`
}
