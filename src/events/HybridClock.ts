/**
 * A hybrid logical clock: wall time that never runs backwards, with a counter for what falls into one millisecond.
 * Source: Kulkarni et al., "Logical Physical Clocks" (2014), algorithm for local events; the counter carries no bound
 * here, since a stuck wall clock may outlast 16 bits.
 */
export interface Timestamp {
  readonly ms: number
  readonly count: number
}

/** The next timestamp after `last`, at wall time `now` (milliseconds). Later than `last` even when `now` is earlier. */
export const tick = (last: Timestamp, now: number): Timestamp =>
  now > last.ms ? { ms: now, count: 0 } : { ms: last.ms, count: last.count + 1 }
