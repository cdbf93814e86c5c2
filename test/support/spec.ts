/** Given what happened, when this is decided, then these facts are recorded: how tests of the domain read. */
import { expect } from "vitest"

/** What a domain offers to such a test: its fold of facts, and its decision. */
export interface Decider<State, Command, Fact> {
  readonly fold: (history: ReadonlyArray<Fact>) => State
  readonly decide: (state: State, command: Command) => ReadonlyArray<unknown>
}

export const specOf = <State, Command, Fact>({ fold, decide }: Decider<State, Command, Fact>) => ({
  given: (...history: ReadonlyArray<Fact>) => ({
    when: (command: Command) => ({
      /** Exactly these facts, in this order. */
      records: (...facts: ReadonlyArray<unknown>) => expect(decide(fold(history), command)).toStrictEqual(facts)
    }),
    /** The state after the history has at least these fields. */
    leaves: (expected: object) => expect(fold(history)).toMatchObject(expected)
  })
})
