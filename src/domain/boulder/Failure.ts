/** What it means that a model's service failed. */

/**
 * Whether trying again changes nothing, by the words that clients have for it: who may (authentication), who pays (billing), what
 * was asked (an invalid request), what is too long (context, output). Sources: Claude Code 2.1.330's StopFailure (`error`), the error
 * names of OpenCode 1.18.33.
 */
export const finalFailure = (error: string): boolean =>
  /auth|billing|credit|invalid|too[_ ]long|overflow|context[_ ]?(?:length|window|limit)|max[_ ]?output|output[_ ]?length|permission|forbidden|\b40[0134]\b/i.test(
    error
  )
