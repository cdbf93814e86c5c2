/** The recorded session of demo/claude, played as Claude Code would: file by file, hook by hook, in the order of delivery. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { ClaudeAgent } from "../../src/adapters/agents/claude/ClaudeAgent.ts"
import { fixtures, put, type Ran, type World } from "./cli.ts"

const recording = join(import.meta.dirname, "../../demo/claude")

/** What the recorded repository was when the session had ended. */
export const repositoryAfter = join(fixtures, "claude/repo-after")

export const sessionId = "d9eba1f9-7d0d-495f-8f60-c00b575c9506"

export const payloadNames: ReadonlyArray<string> = readdirSync(join(recording, "session"))
  .filter((name) => /^\d+\./.test(name))
  .sort()

/** A payload as the client would have sent it from `project`, by a user whose home is `user`. */
export const payloadText = (name: string, project: string, user: string): string =>
  readFileSync(join(recording, "session", name), "utf8")
    .replaceAll("/home/dev/project", inJson(project))
    .replaceAll("/home/dev/", `${inJson(user)}/`)

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** A repository as the recorded one was before the session. */
export const repositoryBefore = (world: World): string => {
  const project = join(world.root, "project")
  cpSync(join(recording, "project"), project, { recursive: true })
  world.git(project, "init", "--quiet", "--initial-branch=main")
  world.git(project, "add", "--all")
  world.git(project, "commit", "--quiet", "--message", "Before")
  return project
}

export interface Delivery {
  readonly name: string
  readonly command: string
  readonly ran: Ran
}

/** Runs every command that the settings file has for every payload. `each` is told of each payload before it is sent. */
export const playSession = async (world: World, project: string): Promise<ReadonlyArray<Delivery>> => {
  const settings = readFileSync(join(project, ".claude/settings.local.json"), "utf8")
  const deliveries: Array<Delivery> = []
  for (const name of payloadNames) {
    const text = payloadText(name, project, world.user)
    const payload = JSON.parse(text)
    if (name.startsWith("001.")) putTranscripts(payload.transcript_path as string, project, world.user)
    if (payload.hook_event_name === "PostToolUse") work(payload, project)
    for (const command of ClaudeAgent.settings.commandsFor(settings, payload)) {
      deliveries.push({ name, command, ran: await world.sh(command, { cwd: project, stdin: text }) })
    }
  }
  return deliveries
}

/** What the tool does to the files, done by the time its hook runs. */
const work = ({ tool_name: tool, tool_input: input, tool_response: response }: any, project: string): void => {
  if (tool === "Write") put(input.file_path, input.content)
  if (tool === "Edit") {
    const before = readFileSync(input.file_path, "utf8")
    const replace = input.replace_all === true ? "replaceAll" : "replace"
    writeFileSync(
      input.file_path,
      before[replace](input.old_string, () => input.new_string)
    )
  }
  // The session's one command that edits a file leaves it as it is at the end.
  for (const file of response?.bashEditDiff?.changedFiles ?? []) {
    cpSync(join(repositoryAfter, relative(project, file)), file)
  }
}

const putTranscripts = (path: string, project: string, user: string): void => {
  const folder = join(path.replace(/\.jsonl$/, ""), "subagents")
  mkdirSync(folder, { recursive: true })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, payloadText("transcript.jsonl", project, user))
  for (const name of readdirSync(join(recording, "session/subagents"))) {
    writeFileSync(join(folder, name), payloadText(`subagents/${name}`, project, user))
  }
}
