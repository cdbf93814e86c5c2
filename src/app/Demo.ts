/**
 * A recorded session of a real agent, played again: into a scratch repository, through the very hooks that `init` installs
 * there, payload by payload in the order in which the client delivered them.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { applyPatch, type StructuredPatch } from "diff"
import * as Effect from "effect/Effect"
import { packageFile } from "../events/PackageFile.ts"
import type { Agent, InstallableAgent, JsonObject } from "./ports/Agent.ts"
import { Shell } from "./ports/Shell.ts"

/** Where the recording's own machine had its project and its transcript. */
const recordedProject = "/home/dev/project"
const recordedHome = "/home/dev"

export interface Stage {
  /** The scratch repository. */
  readonly project: string
  /** Stands for the home folder of the recording, where the client kept its transcript. */
  readonly user: string
}

/** Makes the scratch repository, as the project was before the session. */
export const prepareStage = (folder: string) =>
  Effect.gen(function* () {
    const shell = yield* Shell
    const project = join(folder, "project")
    const user = join(folder, "user")
    yield* Effect.sync(() => {
      cpSync(packageFile("demo", "claude", "project"), project, { recursive: true })
      mkdirSync(user, { recursive: true })
    })
    yield* shell.scratchGit(project, ["init", "--quiet", "--initial-branch=main"])
    yield* shell.scratchGit(project, ["add", "--all"])
    yield* shell.scratchGit(project, ["commit", "--quiet", "--message", "The project before the session"])
    return { project: realpathSync(project), user: realpathSync(user) } satisfies Stage
  })

export interface Played {
  readonly payloads: number
  readonly commands: number
  readonly complaints: ReadonlyArray<string>
}

/** Plays the session through the hooks in the stage's settings file. */
export const play = (agent: InstallableAgent, stage: Stage) =>
  Effect.gen(function* () {
    const shell = yield* Shell
    const settings = readFileSync(join(stage.project, agent.settings.file("local")), "utf8")
    const folder = packageFile("demo", "claude", "session")
    const names = readdirSync(folder)
      .filter((name) => /^\d+\./.test(name))
      .sort()
    putTranscripts(folder, names, stage)
    const complaints: Array<string> = []
    let commands = 0
    for (const name of names) {
      const text = onStage(readFileSync(join(folder, name), "utf8"), stage)
      const payload = JSON.parse(text) as JsonObject
      putOnDisk(agent, payload)
      for (const command of agent.settings.commandsFor(settings, payload)) {
        commands += 1
        const { exit, stderr } = yield* shell.runHook(command, { cwd: stage.project, payload: `${text.trim()}\n` })
        if (exit !== 0 || stderr !== "") complaints.push(`${name}: exit ${exit} ${stderr.trim()}`)
      }
    }
    return { payloads: names.length, commands, complaints } satisfies Played
  })

const onStage = (text: string, stage: Stage): string =>
  text.replaceAll(recordedProject, inJson(stage.project)).replaceAll(`${recordedHome}/`, `${inJson(stage.user)}/`)

const inJson = (path: string): string => JSON.stringify(path).slice(1, -1)

/** The client's transcripts, to where the payloads say that they are. */
const putTranscripts = (folder: string, names: ReadonlyArray<string>, stage: Stage): void => {
  const [first] = names
  if (first === undefined) return
  const { transcript_path: path } = JSON.parse(onStage(readFileSync(join(folder, first), "utf8"), stage)) as {
    transcript_path: string
  }
  mkdirSync(join(path.replace(/\.jsonl$/, ""), "subagents"), { recursive: true })
  writeFileSync(path, onStage(readFileSync(join(folder, "transcript.jsonl"), "utf8"), stage))
  for (const name of readdirSync(join(folder, "subagents"))) {
    const text = onStage(readFileSync(join(folder, "subagents", name), "utf8"), stage)
    writeFileSync(join(path.replace(/\.jsonl$/, ""), "subagents", name), text)
  }
}

/** What the agent had done to its files when this payload was delivered. */
const putOnDisk = (agent: Agent, payload: JsonObject): void => {
  for (const { path, after } of agent.edits(payload, { live: false })) {
    if (after === null || after === undefined) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, after)
  }
  const response = payload["tool_response"] as
    | { bashEditDiff?: { files?: ReadonlyArray<{ filePath: string; hunks: unknown }> } }
    | undefined
  for (const { filePath, hunks } of response?.bashEditDiff?.files ?? []) {
    const patch = { oldFileName: "a", newFileName: "a", oldHeader: "", newHeader: "", hunks } as StructuredPatch
    const patched = applyPatch(readFileSync(filePath, "utf8"), patch)
    if (patched !== false) writeFileSync(filePath, patched)
  }
}
