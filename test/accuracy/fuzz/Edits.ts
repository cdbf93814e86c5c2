/** What people and agents do to the text of files. */
import { type AgentName, contentOf, type Play } from "./Play.ts"
import type { Random } from "./Random.ts"

/** Does something, if there is anything that it could be done to. */
export type Operation = (play: Play, random: Random) => Promise<void>

interface Splice {
  readonly at: number
  readonly removed: number
  readonly added: ReadonlyArray<string>
}

/** One or two lines come, go, or give way to others. */
const spliceOf = ({ model }: Play, random: Random, lines: ReadonlyArray<string>, owner: string): Splice => {
  const kind = lines.length < 3 ? "insert" : random.pick(["insert", "insert", "replace", "delete"])
  const at = random.below(kind === "insert" ? lines.length + 1 : lines.length)
  const removed = kind === "insert" ? 0 : Math.min(1 + random.below(2), lines.length - at)
  const added = kind === "delete" ? 0 : 1 + random.below(2)
  return { at, removed, added: Array.from({ length: added }, () => model.typed(owner)) }
}

const spliced = (lines: ReadonlyArray<string>, { at, removed, added }: Splice): ReadonlyArray<string> =>
  lines.toSpliced(at, removed, ...added)

const somewhere = ({ files }: Play, random: Random): string | undefined => {
  const all = files()
  return all.length === 0 ? undefined : random.pick(all)
}

export const newFile = (play: Play, random: Random): void => {
  const taken = play.ask("log", "--all", "--name-only", "--format=")
  const name = ["a.txt", "b.txt", "c.txt"].find((file) => !taken.some((path) => path.endsWith(file)))
  if (name === undefined || play.files().includes(name)) return
  play.write(
    name,
    Array.from({ length: 4 + random.below(4) }, () => play.model.typed("H"))
  )
}

const person: Operation = async (play, random) => {
  const file = somewhere(play, random)
  if (file === undefined) return newFile(play, random)
  const lines = play.lines(file)
  play.write(file, spliced(lines, spliceOf(play, random, lines, "H")))
}

const agentName = (random: Random): AgentName => random.pick(["claude", "claude", "other"])

/** The Edit tool, which names what is there by its text; a text that stands twice it cannot name. */
const agentEdit: Operation = async (play, random) => {
  const file = somewhere(play, random)
  if (file === undefined) return
  const who = agentName(random)
  const lines = play.lines(file)
  const { at, removed, added } = spliceOf(play, random, lines, play.agents[who].owner)
  const from = removed > 0 ? at : Math.max(at - 1, 0)
  const old = lines.slice(from, removed > 0 ? at + removed : from + 1)
  if (old.length === 0 || old.some((line) => lines.indexOf(line) !== lines.lastIndexOf(line))) return
  const fresh = removed > 0 ? added : at === 0 ? [...added, ...old] : [...old, ...added]
  const args = [file, contentOf(old), contentOf(fresh)] as const
  await play.act(who, `edit(${args.map((arg) => JSON.stringify(arg)).join(", ")})`, (agent) => agent.edit(...args))
}

const agentWrite: Operation = async (play, random) => {
  const who = agentName(random)
  const owner = play.agents[who].owner
  const file = somewhere(play, random)
  if (file === undefined) return
  const lines = play.lines(file)
  const once = spliced(lines, spliceOf(play, random, lines, owner))
  const content = contentOf(random.chance(50) ? once : spliced(once, spliceOf(play, random, once, owner)))
  await play.act(who, `write(${JSON.stringify(file)}, ${JSON.stringify(content)})`, (agent) =>
    agent.write(file, content)
  )
}

const agentBash: Operation = async (play, random) => {
  const file = somewhere(play, random)
  if (file === undefined) return
  const who = agentName(random)
  const line = random.pick(play.lines(file))
  const text = play.model.typed(play.agents[who].owner)
  const command = random.pick([
    `sed -i 's/^${line}$/${text}/' ${file}`,
    `sed -i '/^${line}$/a ${text}' ${file}`,
    `cat >> ${file} <<'END'\n${text}\nEND`,
    ...(play.lines(file).length > 2 ? [`sed -i '/^${line}$/d' ${file}`] : [])
  ])
  await play.act(who, `bash(${JSON.stringify(command)})`, (agent) => agent.bash(command))
}

const switchModel: Operation = async (play, random) => {
  const model = random.pick(["claude-opus-4-5", "claude-haiku-4-5"])
  if (play.agents.claude.owner.endsWith(model)) return
  await play.act("claude", `switchModel(${JSON.stringify(model)})`, (agent) => agent.switchModel(model))
}

/** By name, with how often each is done. */
export const edits = {
  person: [15, person],
  agentEdit: [13, agentEdit],
  agentWrite: [6, agentWrite],
  agentBash: [7, agentBash],
  switchModel: [1, switchModel],
  newFile: [2, async (play, random) => newFile(play, random)]
} satisfies Readonly<Record<string, readonly [weight: number, Operation]>>
