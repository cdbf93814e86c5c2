/** Notes on commits (git-notes(1)): read and written in bulk, and exchanged with other repositories. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { HistoryFailure } from "../../app/ports/History.ts"
import { GitFailed } from "../../app/ports/Repositories.ts"
import { ask, run, text } from "./Git.ts"
import { inherited } from "./Settings.ts"
import { blobs, isAbsent, presentCommits, tree } from "./Objects.ts"

/** How often a lost race with another writer is run again. */
const again = 4

export const notes = (
  checkout: string,
  ref: string,
  commits?: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, string>, HistoryFailure> =>
  Effect.gen(function* () {
    yield* requireNotesRef(checkout, ref)
    const entries = yield* tree(checkout, ref, ["-r"]).pipe(
      Effect.catchTag("GitFailed", (failure) => (isAbsent(failure) ? Effect.succeed(new Map()) : Effect.fail(failure)))
    )
    const wanted = commits === undefined ? undefined : new Set(commits)
    // Notes are spread over folders by the first digits of the commit.
    const oids = new Map(
      [...entries]
        .map(([path, { oid }]) => [path.replaceAll("/", ""), oid] as const)
        .filter(([commit]) => /^[0-9a-f]{40,64}$/.test(commit) && (wanted?.has(commit) ?? true))
    )
    const contents = yield* blobs(checkout, [...oids.values()])
    return new Map(
      [...oids].flatMap(([commit, oid]) => {
        const content = contents.get(oid)
        return content === undefined ? [] : [[commit, content.toString("utf8")] as const]
      })
    )
  })

/** Of commits that are there. */
export const writeNotes = (
  checkout: string,
  ref: string,
  written: ReadonlyMap<string, string>
): Effect.Effect<void, HistoryFailure> =>
  Effect.gen(function* () {
    yield* requireNotesRef(checkout, ref)
    const there = yield* presentCommits(checkout, written.keys())
    const chosen = [...written].filter(([commit]) => there.has(commit))
    if (chosen.length === 0) return
    const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    yield* Effect.gen(function* () {
      const { code } = yield* run(checkout, ["rev-parse", "--verify", "--quiet", ref], { codes: [0, 1] })
      yield* run(checkout, ["fast-import", "--quiet", "--done"], {
        input: notesStream(ref, chosen, seconds, code === 0)
      })
    }).pipe(Effect.retry(raced))
  })

/** For git-fast-import(1). */
const notesStream = (
  ref: string,
  written: ReadonlyArray<readonly [commit: string, note: string]>,
  seconds: number,
  exists: boolean
): Buffer => {
  const parts: Array<Buffer> = []
  const line = (words: string) => parts.push(Buffer.from(`${words}\n`))
  const data = (content: string) => {
    const bytes = Buffer.from(content)
    line(`data ${bytes.length}`)
    parts.push(bytes)
    line("")
  }
  line(`commit ${ref}`)
  line(`committer nexus <nexus@localhost> ${seconds} +0000`)
  data("Notes written by nexus\n")
  if (exists) line(`from ${ref}^0`)
  for (const [commit, note] of written) {
    line(`N inline ${commit}`)
    data(note)
  }
  line("done")
  return Buffer.concat(parts)
}

export const fetchNotes = (checkout: string, remote: string, ref: string): Effect.Effect<void, HistoryFailure> =>
  Effect.gen(function* () {
    yield* requireRemote(checkout, remote)
    yield* requireNotesRef(checkout, ref)
    // Under a name of its own until it is merged; refs/notes/ alone is merged by git.
    const theirs = `refs/notes/nexus-fetched/${ref.slice("refs/notes/".length)}`
    const found = yield* ask(
      checkout,
      [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        remote,
        `+${ref}:${theirs}`
      ],
      talking()
    ).pipe(
      Effect.as(true),
      Effect.catchTag("GitFailed", (failure) =>
        /couldn't find remote ref/i.test(failure.detail) ? Effect.succeed(false) : Effect.fail(failure)
      )
    )
    if (!found) return
    yield* merge(checkout, ref, theirs)
    yield* run(checkout, ["update-ref", "-d", theirs])
  })

const merge = (checkout: string, ref: string, theirs: string): Effect.Effect<void, HistoryFailure> =>
  text(checkout, ["notes", `--ref=${ref}`, "merge", "--quiet", "--strategy=ours", theirs], { env: identity }).pipe(
    Effect.asVoid,
    Effect.retry(raced)
  )

export const pushNotes = (checkout: string, remote: string, ref: string): Effect.Effect<void, HistoryFailure> =>
  Effect.gen(function* () {
    yield* requireRemote(checkout, remote)
    yield* requireNotesRef(checkout, ref)
    yield* fetchNotes(checkout, remote, ref).pipe(
      Effect.zipRight(ask(checkout, ["push", "--quiet", "--no-verify", remote, `${ref}:${ref}`], talking())),
      Effect.retry(raced)
    )
  })

/** Somebody else wrote the ref between our reading and our writing. */
const raced = {
  times: again,
  schedule: Schedule.jittered(Schedule.exponential("20 millis")),
  while: (failure: HistoryFailure): boolean =>
    failure._tag === "GitFailed" &&
    /non-fast-forward|fetch first|rejected|cannot lock ref|does not contain|failed to update ref|unable to lock/i.test(
      failure.detail
    )
}

const identity = {
  GIT_AUTHOR_NAME: "nexus",
  GIT_AUTHOR_EMAIL: "nexus@localhost",
  GIT_COMMITTER_NAME: "nexus",
  GIT_COMMITTER_EMAIL: "nexus@localhost"
}

/** What it takes to reach a remote as the user does, but for being asked for a password. */
const talking = (): Record<string, string> => ({
  ...inherited("SSH_AUTH_SOCK", "USER", "LOGNAME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
  ...inherited("http_proxy", "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
  GIT_TERMINAL_PROMPT: "0"
})

const requireNotesRef = (checkout: string, ref: string): Effect.Effect<void, GitFailed> =>
  /^refs\/notes\/[\w][\w./-]*$/.test(ref) && !ref.includes("..")
    ? Effect.void
    : refused(checkout, "notes", `${JSON.stringify(ref)} is no notes ref; one is refs/notes/nexus`)

const requireRemote = (checkout: string, remote: string): Effect.Effect<void, GitFailed> =>
  remote === "" || remote.startsWith("-")
    ? refused(checkout, "remote", `${JSON.stringify(remote)} is no remote; one is origin`)
    : Effect.void

const refused = (path: string, operation: string, detail: string) =>
  Effect.fail(new GitFailed({ path, operation, detail }))
