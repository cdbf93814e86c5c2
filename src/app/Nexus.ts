/** What every use case needs to know about where it runs. */
import * as Context from "effect/Context"
import type { Home } from "../events/Home.ts"
import type { Agent, Caller } from "./ports/Agent.ts"

export class Nexus extends Context.Tag("nexus/app/Nexus")<
  Nexus,
  {
    readonly version: string
    readonly home: Home
    /** The account that runs this process: the human behind what it does. */
    readonly user: string
    /** The agent in whose shell this process runs, and its conversation, as far as the client says so. */
    readonly caller?: Caller
    /** Nobody asked: it does by itself what it was set to. */
    readonly itself?: boolean
    /** The folder that the command was given in. */
    readonly cwd: string
    readonly agents: ReadonlyArray<Agent>
    /** `process.platform`. */
    readonly platform: string
    /** Where this person's programs are, in the order of PATH, and their home folder. */
    readonly person: { readonly path: ReadonlyArray<string>; readonly home: string }
    /** What starts this Nexus again: the Node binary and the program. */
    readonly program: { readonly node: string; readonly nexus: string }
  }
>() {}
