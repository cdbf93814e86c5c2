/**
 * Objects that were made in a workspace, taken over into the user's repository.
 *
 * They are copied first, file by file, into a repository of ours, so that git never reads a folder that changes under it, lists of
 * alternates that lead elsewhere, or indexes that lie. From there they are fetched as from a stranger: git computes each id
 * anew, and refuses what fsck would (transfer.fsckObjects), such as a tree with `.git` in it.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { type Ask, attempt, type HostGit, ownGit } from "./HostGit.ts"
import { looking, presentOn } from "./Inside.ts"
import { keepRecord, recordOf } from "./Private.ts"
import { type Held, TooLarge, within } from "./Untrusted.ts"

/** Of all files that are copied, and of all objects as they are when unpacked. */
const mostBytes = 8 * 1024 ** 3
const mostFiles = 2_000_000

export interface Imported {
  /** Questions to a repository that has the workspace's objects and the host's. */
  readonly ask: Ask
  /** Brings a commit, and what it needs, into the host's repository, which no ref leads to yet. */
  readonly fetch: Effect.Effect<void, WorktreeFailure>
}

/** Does something with what was copied; it is removed after that. */
export const withImport = <A>(
  git: HostGit,
  commit: string,
  body: (imported: Imported) => Effect.Effect<A, WorktreeFailure>
): Effect.Effect<A, WorktreeFailure> =>
  Effect.acquireUseRelease(
    attempt(git.site, "exchange", () => mkdtempSync(`${git.site.gitDirectory ?? ""}.import-`)),
    (folder) =>
      Effect.gen(function* () {
        yield* attempt(git.site, "exchange", () => makeRepository(git, folder, commit))
        const packs = yield* copyObjects(git, folder)
        const ask = ownGit(folder)
        yield* tamed(git, checkSizes(git, ask, packs.oids))
        return yield* body({
          ask,
          fetch: tamed(git, fetchFrom(git, folder)).pipe(Effect.zipRight(rememberPacks(git, packs)))
        })
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

const makeRepository = (git: HostGit, folder: string, commit: string): void => {
  for (const name of ["objects/info", "objects/pack", "refs/heads"]) mkdirSync(join(folder, name), { recursive: true })
  const put = (name: string, content: string): void => writeFileSync(join(folder, name), content)
  const { commonDir } = git.layout
  put("HEAD", "ref: refs/heads/tip\n")
  put("refs/heads/tip", `${commit}\n`)
  const is256 = commit.length === 64
  const format = is256
    ? "\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n"
    : "\trepositoryformatversion = 0\n"
  put("config", `[core]\n\tbare = true\n\tcommitGraph = false\n\tmultiPackIndex = false\n${format}`)
  put("objects/info/alternates", `${JSON.stringify(join(commonDir, "objects"))}\n`)
  if (existsSync(join(commonDir, "shallow"))) copyFileSync(join(commonDir, "shallow"), join(folder, "shallow"))
}

interface Packs {
  readonly names: ReadonlyArray<string>
  /** Of what was copied. */
  readonly oids: ReadonlyArray<string>
  /** Of what is in packs. */
  readonly packed: ReadonlyArray<string>
}

const copyObjects = (git: HostGit, folder: string): Effect.Effect<Packs, WorktreeFailure> =>
  Effect.gen(function* () {
    const { site } = git
    const known = new Set(recordOf(site.gitDirectory ?? "").packs)
    const found = yield* looking(site, (from) => listObjects(from))
    const present = yield* presentOn(git, found.loose)
    const loose = found.loose.filter((oid) => !present.has(oid))
    const packs = found.packs.filter((name) => !known.has(name))
    yield* looking(site, (from) => copyFiles(from, folder, loose, packs))
    const packed: Array<string> = []
    for (const name of packs) {
      const pack = join(folder, "objects/pack", `${name}.pack`)
      // What the workspace's own index of it says is not asked.
      const ask = ownGit(folder)
      yield* tamed(git, ask.run(["index-pack", pack]))
      const listed = yield* ask.run(["verify-pack", "-v", pack])
      for (const line of listed.output.toString("latin1").split("\n")) {
        const [oid = "", type = ""] = line.split(" ", 2)
        if (/^[0-9a-f]{40,64}$/.test(oid) && type !== "") packed.push(oid)
      }
    }
    return { names: packs, oids: [...loose, ...packed], packed }
  })

const listObjects = (from: string) => {
  const loose: Array<string> = []
  const packs: Array<string> = []
  within(from, "objects", (objects) => {
    for (const first of objects.names()) {
      if (!/^[0-9a-f]{2}$/.test(first)) continue
      entering(objects, first, (folder) => {
        for (const rest of folder.names()) if (/^[0-9a-f]{38}(?:[0-9a-f]{24})?$/.test(rest)) loose.push(first + rest)
      })
      if (loose.length > mostFiles) throw new TooLarge(`there are more than ${mostFiles} objects`)
    }
    entering(objects, "pack", (folder) => {
      for (const name of folder.names()) {
        const pack = /^(pack-[0-9a-f]{40,64})\.pack$/.exec(name)?.[1]
        if (pack !== undefined) packs.push(pack)
      }
    })
  })
  return { loose, packs }
}

const entering = (at: Held, name: string, body: (folder: Held) => void): void => {
  using folder = at.folder(name)
  if (folder !== undefined) body(folder)
}

const copyFiles = (from: string, to: string, loose: ReadonlyArray<string>, packs: ReadonlyArray<string>): void => {
  let left = mostBytes
  const byFolder = Map.groupBy(loose, (oid) => oid.slice(0, 2))
  within(from, "objects", (objects) => {
    for (const [first, oids] of byFolder) {
      mkdirSync(join(to, "objects", first))
      entering(objects, first, (folder) => {
        for (const oid of oids) left -= folder.copy(oid.slice(2), join(to, "objects", first, oid.slice(2)), left)
      })
    }
    entering(objects, "pack", (folder) => {
      for (const name of packs) left -= folder.copy(`${name}.pack`, join(to, "objects/pack", `${name}.pack`), left)
    })
  })
}

/** A few kilobytes can hold gigabytes of nothing: what an object says of its size is looked at before it is unpacked. */
const checkSizes = (git: HostGit, ask: Ask, oids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (oids.length === 0) return
    const listed = yield* ask.text(["cat-file", "--batch-check=%(objectsize)", "--buffer"], {
      input: oids.map((oid) => `${oid}\n`).join("")
    })
    const total = listed.split("\n").reduce((sum, size) => sum + (Number(size) || 0), 0)
    if (total > mostBytes)
      return yield* new WorktreeRefused({
        kind: "too-large",
        detail: `What was committed in ${git.site.name} has ${total} bytes when it is unpacked.`,
        advice: "Nothing was taken from it. Commit less at once, or take it over by hand."
      })
  })

const fetchFrom = (git: HostGit, folder: string) =>
  git.main.run(
    [
      "-c",
      "fetch.fsckObjects=true",
      "-c",
      "fetch.writeCommitGraph=false",
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-maintenance",
      "--no-show-forced-updates",
      "--no-prune",
      folder,
      "refs/heads/tip"
    ],
    // upload-pack asks for nothing that is not there.
    { env: { GIT_ALLOW_PROTOCOL: "file" } }
  )

/** Of a pack of which the host has all, nothing is to be read again. */
const rememberPacks = (git: HostGit, { names, packed }: Packs) =>
  Effect.gen(function* () {
    if (names.length === 0) return
    const present = yield* presentOn(git, packed)
    if (!packed.every((oid) => present.has(oid))) return
    const folder = git.site.gitDirectory ?? ""
    const record = recordOf(folder)
    yield* attempt(git.site, "exchange", () =>
      keepRecord(folder, { ...record, packs: [...new Set([...record.packs, ...names])] })
    )
  })

/** git's complaint about what it was given is about what the workspace has. */
const tamed = <A>(git: HostGit, asked: Effect.Effect<A, WorktreeFailure>) =>
  Effect.catchTag(
    asked,
    "GitFailed",
    ({ detail }) =>
      new WorktreeRefused({
        kind: "unsafe",
        detail: `git does not accept what was committed in ${git.site.name}: ${detail}.`,
        advice: "Nothing was taken from it. Inside, git fsck tells more."
      })
  )
