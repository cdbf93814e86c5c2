/** `nexus demo`: the main job on a recorded real session, in folders of its own. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ClaudeAgent } from "../adapters/agents/claude/ClaudeAgent.ts"
import * as NodeShell from "../adapters/shell/NodeShell.ts"
import * as Demo from "../app/Demo.ts"
import { ingest } from "../app/Ingest.ts"
import * as InitProject from "../app/InitProject.ts"
import { Nexus } from "../app/Nexus.ts"
import * as Replay from "../app/Replay.ts"
import * as Home from "../events/Home.ts"
import { globals } from "./Globals.ts"
import { IntegrityBroken } from "./Invocation.ts"
import * as Live from "./Live.ts"
import { Output } from "./Output.ts"
import { proofLines, stateLines, tell } from "./replay.ts"

const keep = Options.boolean("keep").pipe(Options.withDescription("Leave the scratch folder, to look around in it"))

export const demoCommand = Command.make("demo", { keep, ...globals }, (given) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nexus-demo-"))),
    (folder) => show(folder, given.keep),
    (folder) => Effect.sync(() => (given.keep ? undefined : rmSync(folder, { recursive: true, force: true })))
  )
).pipe(
  Command.withDescription("Play a recorded real session through the installed hooks, and show what Nexus makes of it")
)

const show = (folder: string, kept: boolean) =>
  Effect.gen(function* () {
    const output = yield* Output
    const home = Home.at(join(folder, "home"))
    const stage = yield* Demo.prepareStage(folder).pipe(Effect.provide(NodeShell.layer))
    yield* Effect.gen(function* () {
      yield* InitProject.init(yield* InitProject.planInit(["claude"], "local"))
      yield* output.note(`Installed the hooks of Claude Code in ${stage.project}`)
      const played = yield* Demo.play(ClaudeAgent, stage).pipe(Effect.provide(NodeShell.layer))
      yield* output.note(`Played ${played.payloads} recorded payloads through ${played.commands} hook commands`)
      const delivered = yield* ingest()
      const bounds = yield* Replay.bounds({})
      const state = yield* Replay.stateAsOf(bounds)
      const proof = yield* Replay.proof()
      if (output.json) {
        const story = yield* Stream.runCollect(Stream.map(Replay.story(bounds), ({ told }) => told))
        yield* output.result(
          { folder: kept ? folder : null, played, delivered, story: [...story], state, verification: proof },
          () => []
        )
      } else {
        yield* output.line("")
        yield* tell(bounds, undefined)
        yield* output.result(state, () => [...stateLines(state, output), "", ...proofLines(proof, output)])
        yield* output.line(nextSteps(kept ? folder : undefined, output))
      }
      if (!proof.ok || played.complaints.length > 0) {
        return yield* new IntegrityBroken({
          message: `The demo's record does not hold together. ${played.complaints.join("; ")}`
        })
      }
    }).pipe(
      Effect.provide(Live.log(home)),
      Effect.provide(Live.outside),
      Effect.provideServiceEffect(
        Nexus,
        Effect.map(Nexus, (nexus) => ({ ...nexus, cwd: stage.project }))
      ),
      Effect.provide(Live.context(home))
    )
  })

const nextSteps = (folder: string | undefined, output: Output["Type"]): string =>
  [
    "",
    output.style("bold", "Next, in a repository of your own:"),
    "  nexus init              install the hooks; then work with Claude Code as ever",
    "  nexus sessions          what ran, with which model, how much it did",
    "  nexus replay --verify   the story, and the proof",
    ...(folder === undefined ? [] : [`\nThe demo's log: nexus --home ${join(folder, "home")} events`])
  ].join("\n")
