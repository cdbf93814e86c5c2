/** What a git-ai note and Nexus can say to each other. */
import type { AttributedCommit, AttributedRange, Contributor } from "./Attribution.ts"
import { nameUuid } from "./AgentTrace.ts"
import { canName, type GitAiNote, joined, type LineRange, type NoteFile } from "./GitAiNote.ts"
import { modelId } from "./ModelId.ts"
import { type Conversation, type TraceRecord, urlOf } from "./TraceRecord.ts"

type Hash = (text: string) => string

/**
 * A note's claims as an Agent Trace record of `commit`. Lines that it does not name are in no range: git-ai has not seen who
 * wrote them. `timestamp` (RFC 3339) is the commit's, since a note has none of its own.
 */
export const recordOfNote = (note: GitAiNote, commit: string, timestamp: string, sha256: Hash): TraceRecord => ({
  version: "0.1.0",
  id: nameUuid(`git-ai\n${commit}\n${JSON.stringify(note)}`, sha256),
  timestamp,
  vcs: { type: "git", revision: commit },
  tool: { name: "git-ai", ...(note.metadata.git_ai_version == null ? {} : { version: note.metadata.git_ai_version }) },
  files: note.files.map((file) => ({ path: file.path, conversations: conversationsOf(file, note) }))
})

/** One conversation for each entry that still has lines: a later entry of a note takes them from an earlier one. */
const conversationsOf = ({ entries }: NoteFile, note: GitAiNote): ReadonlyArray<Conversation> => {
  const conversations: Array<Conversation> = []
  let taken: ReadonlyArray<LineRange> = []
  for (const { key, ranges } of entries.toReversed()) {
    const left = without(joined(ranges), taken)
    taken = joined([...taken, ...left])
    if (left.length === 0) continue
    conversations.push({
      ...speakerOf(key, note),
      ranges: left.map(([start_line, end_line]) => ({ start_line, end_line }))
    })
  }
  return conversations.reverse()
}

/** `s_…::t_…` names a session, `h_…` a person, anything else a prompt of the older form (section 1.2.3.1). */
const speakerOf = (key: string, { metadata }: GitAiNote): Pick<Conversation, "url" | "contributor"> => {
  if (key.startsWith("h_")) return { contributor: { type: "human" } }
  const [session = key] = key.split("::")
  const known = (key.startsWith("s_") ? metadata.sessions : metadata.prompts) ?? {}
  const agent = Object.hasOwn(known, session) ? known[session]?.agent_id : undefined
  if (agent === undefined) return { contributor: { type: "ai" } }
  const { tool, id, model = "" } = agent
  const named = model === "" || model === "unknown" ? {} : { model_id: modelId(model, tool).slice(0, 250) }
  return { url: urlOf(`${tool}:${id}`), contributor: { type: "ai", ...named } }
}

/** What is in none of `taken`; both in order, without overlaps. */
const without = (ranges: ReadonlyArray<LineRange>, taken: ReadonlyArray<LineRange>): ReadonlyArray<LineRange> =>
  taken.reduce(
    (left, [from, to]) =>
      left.flatMap(([start, end]): ReadonlyArray<LineRange> =>
        end < from || start > to
          ? [[start, end]]
          : [[start, Math.min(end, from - 1)] as const, [Math.max(start, to + 1), end] as const].filter(
              ([a, b]) => a <= b
            )
      ),
    ranges
  )

/** A note that Nexus wrote, of a commit; and the files that its form could not name. */
export interface WrittenNote {
  readonly note: GitAiNote
  readonly omitted: ReadonlyArray<string>
}

/**
 * The note of a commit, with AI lines and those of people. Mixed and unknown lines are left out: the form can say neither,
 * and a line that it does not name counts as not tracked. Undefined when nothing is left.
 */
export const noteOf = (
  commit: AttributedCommit,
  context: { readonly version: string; readonly log: string; readonly sha256: Hash }
): WrittenNote | undefined => {
  const keys = keysFor(context.log, context.sha256)
  const claimed = commit.files.map(({ path, ranges }) => ({
    path,
    ranges: ranges.filter(({ contributor: { type } }) => type === "ai" || type === "human")
  }))
  const named = claimed.filter(({ path, ranges }) => ranges.length > 0 && canName(path))
  if (named.length === 0) return undefined
  const files = named.map(({ path, ranges }) => {
    const entries = Map.groupBy(ranges, (range) => keys.of(range, commit.author))
    return {
      path,
      entries: [...entries].map(([key, all]) => ({ key, ranges: joined(all.map(({ start, end }) => [start, end])) }))
    }
  })
  const metadata = {
    schema_version: "authorship/3.0.0",
    nexus_version: context.version,
    base_commit_sha: commit.commit,
    prompts: {},
    humans: Object.fromEntries(keys.humans),
    sessions: Object.fromEntries(keys.sessions)
  }
  return { note: { files, metadata }, omitted: claimed.filter(({ path }) => !canName(path)).map(({ path }) => path) }
}

/**
 * Keys as section 1.2.3.1 makes them, but for two that Nexus must make another way: a person's is made of the name alone,
 * since Nexus keeps no addresses; and a trace id is made of the event, so that writing a note twice gives the same note.
 * A session has one model in a note: where it had several, each further one is a session record of its own.
 */
const keysFor = (log: string, sha256: Hash) => {
  const sessions = new Map<string, { readonly agent_id: { tool: string; id: string; model: string } }>()
  const humans = new Map<string, { readonly author: string }>()
  const short = (name: string) => sha256(name).slice(0, 14)

  const sessionKey = (session: string, { model_id: model = "unknown" }: Contributor): string => {
    // What came from elsewhere may be a URL, which names no tool.
    const [, tool = "unknown", id = session] = /^([a-z][a-z0-9-]*):(?!\/\/)(.+)$/.exec(session) ?? []
    const agent_id = { tool, id, model }
    const candidates = [`s_${short(session)}`, `s_${short(`${session}\n${model}`)}`] as const
    const known = sessions.get(candidates[0])
    const key = known === undefined || known.agent_id.model === model ? candidates[0] : candidates[1]
    sessions.set(key, { agent_id })
    return key
  }
  return {
    sessions,
    humans,
    of: ({ contributor, session, event, start }: AttributedRange, author: string): string => {
      if (contributor.type === "human") {
        const key = `h_${short(author)}`
        humans.set(key, { author })
        return key
      }
      const trace = short(event === null ? `${session}\n${start}` : `${log}\n${event}`)
      return `${sessionKey(session ?? "unknown:unknown", contributor)}::t_${trace}`
    }
  }
}
