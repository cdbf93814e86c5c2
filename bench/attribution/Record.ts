/** Edits put on record by appending their events, as ingestion does but without payloads. */
import { hash } from "node:crypto"
import { mkdirSync } from "node:fs"
import * as Effect from "effect/Effect"
import { gitOid } from "../../src/app/ContentStore.ts"
import * as Live from "../../src/cli/Live.ts"
import type { ContentRef } from "../../src/domain/Content.ts"
import { ContentHash, type ProjectId, projectStream, SessionId, sessionStream } from "../../src/domain/Ids.ts"
import * as Project from "../../src/domain/Project.ts"
import type { Base, PreparedBlob } from "../../src/events/Blobs.ts"
import type { Commit } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Home from "../../src/events/Home.ts"
import type { Repository } from "./Repository.ts"

export interface Edit {
  readonly path: string
  /** Null: it made the file. */
  readonly before: string | null
  readonly after: string
  /** The client's own id. */
  readonly session: string
  readonly model: string
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Edits in one transaction. */
const together = 1000

/** Registers the repository as it is now at `since`, and records edits in it. Contents of a file build on the ones before. */
export const record = (
  repository: Repository,
  since: number,
  edits: Iterable<Edit>,
  progress?: (done: number) => void
): Promise<void> => {
  const root = repository.git("rev-list", "--max-parents=0", "HEAD")
  const facts = { path: repository.path, root, remote: null }
  const project = Project.mintProjectId(hash("sha256", Project.identityText(facts)))
  mkdirSync(repository.home, { recursive: true, mode: 0o700 })
  return Effect.gen(function* () {
    const log = yield* EventLog
    const events = Project.observe(undefined, facts)
    yield* log.append([
      { stream: projectStream(project), project, time: since, actor: { kind: "human", name: "ada" }, events }
    ])
    const contents = new Map<string, Required<Base>>()
    let blobs: Array<PreparedBlob> = []
    let commits: Array<Commit> = []
    let done = 0
    const store = (path: string, text: string) =>
      Effect.gen(function* () {
        const content = Buffer.from(text)
        const last = contents.get(path)
        if (last?.content.equals(content) === true) return refOf(last)
        const blob = yield* log.blobs.prepare(content, last)
        contents.set(path, { content, blob })
        blobs.push(blob)
        return refOf({ content, blob })
      })
    const flush = Effect.suspend(() => log.append(commits, blobs))
    for (const edit of edits) {
      const before = edit.before === null ? null : yield* store(edit.path, edit.before)
      const after = yield* store(edit.path, edit.after)
      commits.push(commitOf(edit, repository.path, project, `call_${done}`, before, after))
      done += 1
      if (commits.length < together) continue
      yield* flush
      progress?.(done)
      commits = []
      blobs = []
    }
    yield* flush
  }).pipe(Effect.provide(Live.log(Home.at(repository.home))), Effect.runPromise)
}

const refOf = ({ content, blob }: Required<Base>): ContentRef => ({
  oid: gitOid(content),
  bytes: content.length,
  blob: ContentHash.make(blob.hash)
})

const commitOf = (
  { path, session, model, time }: Edit,
  checkout: string,
  project: ProjectId,
  call: string,
  before: ContentRef | null,
  after: ContentRef
): Commit => {
  const id = SessionId.make(`claude:${session}`)
  const operation = before === null ? "created" : "modified"
  const payload = { path, checkout, tool: "Edit", call, operation, before, after, evidence: "payload", model } as const
  return {
    stream: sessionStream(id),
    correlation: id,
    project,
    time,
    actor: { kind: "agent", name: "claude", model },
    events: [{ type: "FileEdited", payload }]
  }
}
