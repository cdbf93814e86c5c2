/** An error in a hook, on one line. `kept`: whether the payload is in the spool. */
export const describeHookFailure = (failure: unknown, kept: boolean): string => {
  const message = (failure instanceof Error ? failure.message : String(failure)).replace(/\s*\n\s*/g, " ").slice(0, 500)
  return kept ? `this hook event waits in the spool: ${message}` : `this hook event could not be kept: ${message}`
}
