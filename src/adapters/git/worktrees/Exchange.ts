/** Commits between the host's branch and the private git directory's. The files are the same ones: only refs and indexes follow. */
import { readFileSync, rmSync } from "node:fs"
import * as Effect from "effect/Effect"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { headOf } from "../Layout.ts"
import { adminOf } from "./Admin.ts"
import { type Ask, attempt, commitAt, type HostGit, hostGit, indexOf, patiently, refOf } from "./HostGit.ts"
import { withImport } from "./Import.ts"
import { unfinishedIn } from "./InProgress.ts"
import { headIn, looking, refIn, unfinishedInside, writeRef } from "./Inside.ts"
import { indexed, skipSubmodules } from "./LeftOut.ts"
import { packAside, packsOf } from "./Pack.ts"
import { tokenOf } from "./Plan.ts"
import { isPrivateThere, keepRecord, recordOf } from "./Private.ts"
import { within } from "./Untrusted.ts"

export interface Exchanged {
  readonly kind: "same" | "brought" | "sent" | "diverged"
  readonly commit: string | null
}

export const exchange = (site: Site): Effect.Effect<Exchanged, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const host = yield* commitAt(git, refOf(site))
    if (!isPrivateThere(site)) return { kind: "same", commit: host }
    const inside = yield* looking(site, (folder) => refIn(folder, refOf(site)))
    if (inside === null)
      return yield* new WorktreeRefused({
        kind: "foreign",
        detail: `The branch ${site.branch} is gone inside of ${site.name}.`,
        advice: `Inside: git branch ${site.branch} COMMIT`
      })
    if (inside === host) {
      yield* agree(site, inside)
      return { kind: "same", commit: host }
    }
    const { exchanged } = recordOf(site.gitDirectory ?? "")
    if (host !== null && inside === exchanged) return yield* send(git, host, inside)
    return yield* withImport(git, inside, ({ ask, fetch }) =>
      Effect.gen(function* () {
        const isOurs = host === null || host === exchanged || (yield* isAncestor(ask, host, inside))
        if (isOurs) {
          yield* fetch
          return yield* bring(git, inside, host).pipe(patiently)
        }
        if (yield* isAncestor(ask, inside, host)) return yield* send(git, host, inside)
        yield* supply(git, host, exchanged)
        yield* looking(site, (folder) => writeRef(folder, "refs/nexus/host", host))
        return { kind: "diverged", commit: host } as const
      })
    )
  })

const isAncestor = (ask: Ask, ancestor: string, commit: string) =>
  Effect.map(
    ask.run(["merge-base", "--is-ancestor", ancestor, commit], { codes: [0, 1, 128] }),
    ({ code }) => code === 0
  )

const agree = (site: Site, commit: string) =>
  attempt(site, "exchange", () => {
    const folder = site.gitDirectory ?? ""
    const record = recordOf(folder)
    if (record.exchanged !== commit) keepRecord(folder, { ...record, exchanged: commit })
  })

/** The index first: what a crash leaves is brought again. */
const bring = (git: HostGit, inside: string, host: string | null) =>
  Effect.gen(function* () {
    const { site } = git
    // Another Nexus was faster.
    if ((yield* commitAt(git, refOf(site))) === inside) return { kind: "brought", commit: inside } as const
    const admin = adminOf(git.layout.commonDir, site)?.path
    const begun = admin === undefined ? null : unfinishedIn(admin)
    if (begun !== null)
      return yield* new WorktreeRefused({
        kind: "in-progress",
        detail: `In ${site.folder}, a ${begun} is in progress on the host.`,
        advice: "Finish or abort it there; then try again."
      })
    const follows =
      admin !== undefined && host !== null && headOf({ ...git.layout, gitDir: admin })?.branch === site.branch
    if (follows) yield* moveIndex(git.at(admin), host, inside)
    // A branch that is made again is ours again.
    const message = host === null ? tokenOf(site) : `nexus: committed in ${site.workspace}`
    const before = host ?? "0".repeat(inside.length)
    yield* git.main.run(["update-ref", "--create-reflog", "-m", message, refOf(site), inside, before])
    yield* agree(site, inside)
    return { kind: "brought", commit: inside } as const
  })

/** What the host's user has staged stays staged; what is known of unchanged files as well. */
const moveIndex = (here: Ask, from: string, to: string): Effect.Effect<void, WorktreeFailure> =>
  Effect.gen(function* () {
    const { output } = yield* here.run(["diff-index", "--cached", "--raw", "--no-renames", "--no-abbrev", "-z", from])
    const already = yield* here.run(["diff-index", "--cached", "--quiet", to], { codes: [0, 1] })
    yield* here.run(["read-tree", "--reset", to])
    // A bring that was cut off had moved it already.
    if (output.length > 0 && already.code === 1)
      yield* here.run(["update-index", "-z", "--index-info"], { input: stagedIn(output) })
    yield* skipSubmodules(here, yield* indexed(here))
    yield* here.run(["update-index", "-q", "--refresh", "--ignore-submodules"], { codes: [0, 1] })
  })

/** `:MODE MODE OID OID STATUS`, a path, each ended by NUL → `MODE OID`, a tab, a path; mode 0 removes (git-update-index(1)). */
const stagedIn = (raw: Buffer): Buffer => {
  const parts: Array<Buffer> = []
  for (let at = 0; at < raw.length;) {
    const middle = raw.indexOf(0, at)
    const end = raw.indexOf(0, middle + 1)
    const [, mode = "", , oid = "", status = ""] = raw.toString("latin1", at, middle).split(" ")
    const path = raw.subarray(middle + 1, end + 1)
    if (status !== "U") parts.push(Buffer.from(`${mode} ${oid}\t`), path)
    at = end + 1
  }
  return Buffer.concat(parts)
}

/** Inside, HEAD and index follow what was committed on the host, unless git is in the middle of something there. */
const send = (git: HostGit, host: string, inside: string) =>
  Effect.gen(function* () {
    const { site } = git
    const admin = adminOf(git.layout.commonDir, site)?.path
    const index = admin === undefined ? undefined : yield* attempt(site, "exchange", () => readFileSync(indexOf(admin)))
    const begun = yield* looking(site, unfinishedInside)
    if (begun !== null)
      return yield* new WorktreeRefused({
        kind: "in-progress",
        detail: `In the workspace ${site.name}, a ${begun} is in progress.`,
        advice: "Finish or abort it inside; then try again."
      })
    yield* supply(git, host, inside)
    const sent = yield* looking(site, (folder) => {
      const isOn = headIn(folder) === site.branch
      const write = () => writeRef(folder, refOf(site), host, inside)
      if (!isOn || index === undefined) return write()
      // The index' lock is held while the ref moves, as git does.
      return within(folder, ".", (at) => at.replace("index", index, write)) === true
    })
    if (!sent)
      return yield* new WorktreeRefused({
        kind: "in-progress",
        detail: `Somebody commits in the workspace ${site.name} right now.`,
        advice: "Try again."
      })
    yield* agree(site, host)
    return { kind: "sent", commit: host } as const
  })

/** The objects of a commit, for a workspace that can't read the host's; `known` is one that both have. */
const supply = (git: HostGit, commit: string, known: string | null) =>
  Effect.gen(function* () {
    const { isApart, gitDirectory = "" } = git.site
    if (isApart !== true) return
    const { name, files } = yield* packAside(git, gitDirectory, [commit], known === null ? [] : [known])
    const put = (end: string, file: string) =>
      looking(git.site, (folder) =>
        within(folder, "objects/pack", (packs) => packs.replace(`${name}.${end}`, readFileSync(file)))
      )
    for (const [end, file] of files) yield* put(end, file)
    yield* attempt(git.site, "exchange", () => {
      rmSync(packsOf(gitDirectory), { recursive: true, force: true })
      const record = recordOf(gitDirectory)
      keepRecord(gitDirectory, { ...record, packs: [...new Set([...record.packs, name])] })
    })
  })
