/** What Nexus records, as it does: `nexus events --follow`, so that a test can wait for a fact. */
import { program, type World } from "../../support/cli.ts"
import { start } from "../../support/processes.ts"

/** An event as `nexus events --json` tells it. */
export type Told = Readonly<Record<string, any>> & { readonly type: string }

export interface Story {
  /** The first event that matches, once it is recorded; from the beginning of the log. */
  readonly told: (type: string, matches?: (event: Told) => boolean) => Promise<Told>
  readonly events: () => ReadonlyArray<Told>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export const follow = (world: World): Story => {
  const follower = start(process.execPath, [program, "events", "--follow", "--json"], {
    cwd: world.root,
    env: world.env
  })
  const events = () => follower.lines.map((line) => JSON.parse(line) as Told)
  return {
    events,
    told: async (type, matches = () => true) => {
      for (let seen = 1; ; seen += 1) {
        await follower.printed(seen)
        const event = events()[seen - 1]
        if (event !== undefined && event.type === type && matches(event)) return event
      }
    },
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose]()
  }
}
