/** `nexus boulder run -- COMMAND`: runs a client whose process ends with its turn, and again for each continuation. */
import { spawn } from "node:child_process"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Follow from "../../app/boulder/Follow.ts"
import { Nexus } from "../../app/Nexus.ts"
import { clientOf, type SessionId } from "../../domain/Ids.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { withoutLog } from "../withoutLog.ts"

/** How long after its end the hooks of a process may take to tell of its stop, and how often it is looked for; milliseconds. */
const patience = 10_000
const pace = 100

/** A program that could not be started. */
class ProgramMissing extends Data.TaggedError("ProgramMissing")<{ readonly program: string; readonly why: string }> {
  override readonly message = `${this.program} could not be started: ${this.why}`
}

/** A program on this terminal, until its end; its exit code. `stdin`: what it reads instead of this process' own. Interrupting ends it, and waits until it is gone. */
const inForeground = (
  [program = "", ...args]: ReadonlyArray<string>,
  { env, stdin }: { readonly env: NodeJS.ProcessEnv; readonly stdin?: string }
) =>
  Effect.async<number, ProgramMissing>((resume) => {
    const child = spawn(program, args, { env, stdio: [stdin === undefined ? "inherit" : "pipe", "inherit", "inherit"] })
    // It may end without having read it.
    child.stdin?.once("error", () => undefined)
    child.stdin?.end(stdin)
    const gone = new Promise<number>((done) => {
      // As shells have it; a person may have ended it.
      child.once("close", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 143)))
      child.once("error", (cause) => {
        resume(new ProgramMissing({ program, why: cause.message }))
        done(1)
      })
    })
    void gone.then((code) => resume(Effect.succeed(code)))
    return Effect.sync(() => child.kill("SIGTERM")).pipe(Effect.zipRight(Effect.promise(() => gone)))
  })

/** The conversation of the stop with this number, once its hook told of it; undefined when none does. */
const stopNumbered = (number: number, follower: Follow.Follower) =>
  Effect.gen(function* () {
    const until = Date.now() + patience
    for (;;) {
      const told = follower.stopped()
      if (told.length >= number) return told.at(-1) as SessionId
      if (Date.now() >= until) return undefined
      yield* Effect.sleep(pace)
    }
  })

const following = (command: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { agents, home } = yield* Nexus
    const { note } = yield* Output
    const [found] = agents.flatMap((agent) => agent.relaunch?.(command) ?? [])
    if (found === undefined)
      return yield* new UsageWrong({
        message: `${JSON.stringify(command.slice(0, 2).join(" "))} is no command that Nexus has to start again. Of the clients that it knows, only "opencode run" ends before it can go on.`
      })
    if ("refused" in found) return yield* new UsageWrong({ message: found.refused })
    if (process.env["NEXUS_ENFORCER"] === "off") return yield* inForeground(command, { env: process.env })
    const follower = yield* Effect.acquireRelease(
      Effect.sync(() => Follow.openFollower(home)),
      (one) => Effect.sync(one.close)
    )
    const env = { ...process.env, [Follow.variable]: follower.name }
    let exit = yield* inForeground(command, { env })
    let stops = 0
    // What failed, or was ended by a person, is not begun again.
    while (exit === 0) {
      const session = yield* stopNumbered(stops + 1, follower)
      if (session === undefined) {
        yield* note("nexus: no hook told of its stop, so nobody knows whether work is left; see: nexus doctor")
        break
      }
      stops = follower.stopped().length
      const due = yield* withLog(Follow.dueTo(session))
      if (due === undefined) break
      yield* Effect.sleep(due.delayMs)
      if (!(yield* withLog(Follow.take(due)))) break
      yield* note(`nexus: ${due.run} has work left; ${clientOf(session)} goes on in ${session}`)
      const conversation = session.slice(session.indexOf(":") + 1)
      exit = yield* inForeground(found.again(conversation), { env, stdin: due.text })
    }
    return exit
  }).pipe(Effect.scoped)

export const runCommand = Command.make(
  "run",
  {
    command: Args.text({ name: "COMMAND" }).pipe(
      Args.withDescription("After --: opencode run, with its options and the prompt"),
      Args.atLeast(1)
    ),
    ...globals
  },
  ({ command }) =>
    Effect.gen(function* () {
      const exit = yield* withoutLog(following(command))
      yield* Effect.sync(() => void (process.exitCode = exit))
    })
).pipe(Command.withDescription("Run opencode run, and again for as long as it is told to go on"))
