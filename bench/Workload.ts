/** Realistic events: those of the recorded demo session, again and again under fresh session ids. */
import { spawnSync } from "node:child_process"
import { hash } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Live from "../src/cli/Live.ts"
import type { Commit } from "../src/events/Event.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import { packageFile } from "../src/events/PackageFile.ts"

/** The commits of one session, one a delivery, as JSON: `@SESSION@` stands for the agent's own id of the session. */
export interface Workload {
  readonly template: string
  /** What its payloads refer to, in base64. */
  readonly contents: ReadonlyArray<string>
  /** Events of one session. */
  readonly events: number
}

const mark = "@SESSION@"

/** Plays the demo through the built program and takes over what it recorded of the session. */
export const record = async (): Promise<Workload> => {
  const program = packageFile("dist", "nexus.js")
  const { stdout, status, stderr } = spawnSync(process.execPath, [program, "demo", "--keep", "--json"], {
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`nexus demo failed: ${stderr}`)
  const { folder } = JSON.parse(stdout) as { folder: string }
  try {
    return await Effect.runPromise(take.pipe(Effect.provide(Live.log(Home.at(join(folder, "home"))))))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const take = Effect.gen(function* () {
  const log = yield* EventLog
  const events = (yield* log.page({}, 100_000)).filter(({ stream }) => stream.startsWith("session/"))
  const session = events[0]?.correlation?.split(":")[1]
  if (session === undefined) return yield* Effect.dieMessage("the demo recorded no session")
  const commits: Array<Commit> = []
  for (const { key, stream, actor, time, project, correlation, type, payload } of events) {
    const last = commits.at(-1)
    const event = { type, payload, actor } as Commit["events"][number]
    if (key !== null && last?.key === key) {
      commits[commits.length - 1] = { ...last, events: [...last.events, event] }
      continue
    }
    commits.push({
      stream,
      key: keyOf(key, commits.length),
      fingerprint: hash("sha256", `${commits.length}`),
      actor,
      time,
      ...(project === null ? {} : { project }),
      ...(correlation === null ? {} : { correlation }),
      events: [event]
    })
  }
  const contents: Array<string> = []
  for (const name of log.database.sqlite.prepare<[], string>("SELECT hash FROM blobs").pluck().all()) {
    contents.push((yield* log.blobs.get(name))?.toString("base64") ?? "")
  }
  return { template: JSON.stringify(commits).replaceAll(session, mark), contents, events: events.length }
})

/** Payloads that carry no id of their own are known by their spool file's name, which is another one each time. */
const keyOf = (key: string | null, index: number): string =>
  key === null || key.startsWith("spool:") ? `spool:claude.${mark}.${index}` : key

/** Stores what the payloads refer to, once in a log: a reference to nothing is damage. */
export const storeContents = ({ contents }: Workload) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const blobs = yield* Effect.forEach(contents, (content) => log.blobs.prepare(Buffer.from(content, "base64")))
    yield* log.append([], blobs)
  })

export const save = (workload: Workload, path: string): void => writeFileSync(path, JSON.stringify(workload))

export const load = (path: string): Workload => JSON.parse(readFileSync(path, "utf8")) as Workload

/** Deliveries without end: session after session. `seed` makes the session ids, so that two sources never share one. */
export function* deliveries(workload: Workload, seed: string): Generator<Commit> {
  for (let number = 0; ; number++) {
    const hex = hash("sha256", `${seed}/${number}`)
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
    yield* JSON.parse(workload.template.replaceAll(mark, id)) as ReadonlyArray<Commit>
  }
}

/** The same events, each a delivery of its own. */
export function* singles(workload: Workload, seed: string): Generator<Commit> {
  for (const commit of deliveries(workload, seed)) {
    for (const [index, event] of commit.events.entries()) {
      yield { ...commit, key: `${commit.key ?? ""}${index === 0 ? "" : `.${index}`}`, events: [event] }
    }
  }
}

/** The next `count` of a source. */
export const several = <A>(source: Generator<A>, count: number): Array<A> => {
  const taken: Array<A> = []
  while (taken.length < count) {
    const next = source.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}

/** Commits with `count` events together. */
export const batch = (source: Generator<Commit>, count: number): Array<Commit> => {
  const commits: Array<Commit> = []
  let events = 0
  while (events < count) {
    const { value } = source.next() as { value: Commit }
    const commit =
      events + value.events.length > count ? { ...value, events: value.events.slice(0, count - events) } : value
    commits.push(commit)
    events += commit.events.length
  }
  return commits
}
