/** Keeps a piece of work from running too often: never twice at once, and with a rest between two. */

export interface Pace {
  /** Soon, however often it is called. */
  readonly soon: () => void
  /** At once, or as soon as what runs is over; ends when it is done. */
  readonly now: () => Promise<void>
  readonly dispose: () => void
}

/** `rest`: milliseconds. */
export const paced = (work: () => Promise<void>, rest: number): Pace => {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isDisposed = false
  const now = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    // Of what waits for the end of a run, the first starts the next, and the others join it.
    const before = running
    await before
    if (isDisposed) return
    if (running !== undefined && running !== before) return await running
    running = work().finally(() => {
      running = undefined
    })
    await running
  }
  return {
    now,
    soon: () => {
      if (isDisposed) return
      timer ??= setTimeout(() => void now(), rest)
    },
    dispose: () => {
      isDisposed = true
      clearTimeout(timer)
    }
  }
}
