import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { registerCheckout } from "../../../src/app/ProjectOf.ts"
import { scan } from "../../../src/app/trace/Scan.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import * as Kept from "../../../src/projections/History.ts"
import { type Progress, Projections } from "../../../src/projections/Projections.ts"
import { world, written } from "../world.ts"

/** Commits count from when the record began, so they are made now. */
const gitOf =
  (top: string, env: Readonly<Record<string, string>> = {}) =>
  (...args: ReadonlyArray<string>): string =>
    execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd: top,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: top,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_EDITOR: "true",
        GIT_AUTHOR_NAME: "Ada",
        GIT_AUTHOR_EMAIL: "ada@localhost",
        GIT_COMMITTER_NAME: "Ada",
        GIT_COMMITTER_EMAIL: "ada@localhost",
        ...env
      }
    }).trim()

const scanned = (top: string, progress?: Progress) =>
  Effect.gen(function* () {
    const { project } = yield* registerCheckout({ top, path: top })
    return yield* scan(top, project, progress)
  })

/** A home and a project in it, whose files an agent edits and somebody commits. */
const stage = (name = "project") => {
  const at = world()
  const top = at.folder(name)
  const git = gitOf(top)
  git("init", "--quiet", "--initial-branch=main")
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), content)
  }
  const scanAt = (folder: string) => at.run(scanned(folder))
  const ask = <A>(question: (database: EventLog["Type"]["database"], project: string) => A): Promise<A> =>
    at.run(
      Effect.gen(function* () {
        const { database } = yield* EventLog
        const { project } = yield* registerCheckout({ top, path: top })
        return question(database, project)
      })
    )
  return {
    ...at,
    [Symbol.dispose]: at[Symbol.dispose],
    top,
    git,
    write,
    ask,
    scanAt,
    scan: () => scanAt(top),
    /** The agent writes a file. */
    edit: async (path: string, content: string) => {
      write(path, content)
      await at.record(written(join(top, path), content, { cwd: top }))
    },
    commit: (message = "work", ...options: ReadonlyArray<string>): string => {
      git("add", "--all")
      git("commit", "--quiet", "--allow-empty", "--message", message, ...options)
      return git("rev-parse", "HEAD")
    },
    /** The paths of interest that each seen commit changed, oldest first. */
    seen: async () =>
      (await at.ofType("CommitSeen")).map(({ payload }) => [payload.commit, payload.files.map(([path]) => path)]),
    /** The content that is kept of a git blob. */
    kept: async (oid: string) => at.blob(await ask((database, project) => Kept.keptBlob(database, project, oid)))
  }
}

const lines = (count: number, changed: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: count }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join("")

describe("a scan", () => {
  it("records the commits that changed files of agents, of those files alone, and the moves of HEAD, once", async () => {
    using at = stage()
    at.write("theirs", "1")
    const first = at.commit("first")
    await at.edit("src/a.ts", lines(5))
    at.write("theirs", "2")
    const second = at.commit(`second\n\nThis reverts commit ${first}.`)
    expect(await at.scan()).toEqual({ commits: 1, moves: 2, contents: 0 })
    const [commit] = await at.ofType("CommitSeen")
    expect(commit).toMatchObject({
      stream: `repository/${commit?.project}`,
      actor: { kind: "system", name: "nexus" },
      payload: { commit: second, parents: [first], author: "Ada", reverts: first }
    })
    expect(commit?.payload.files).toEqual([["src/a.ts", null, null, at.git("rev-parse", "HEAD:src/a.ts")]])
    expect((await at.ofType("HeadMoved")).map(({ payload }) => [payload.checkout, payload.to, payload.verb])).toEqual([
      [at.top, first, "commit (initial)"],
      [at.top, second, "commit"]
    ])
    expect(await at.scan()).toEqual({ commits: 0, moves: 0, contents: 0 })
    const third = at.commit("third")
    expect(await at.scan()).toEqual({ commits: 0, moves: 1, contents: 0 })
    expect((await at.ofType("HeadMoved")).at(-1)?.payload).toMatchObject({ from: second, to: third })
  })

  it("goes back for a file that agents edit later, and tells of commits that are known what is new of them", async () => {
    using at = stage()
    at.write("b", "1")
    const old = at.commit()
    await at.edit("a", "1")
    at.write("b", "2")
    const both = at.commit()
    await at.scan()
    expect(await at.seen()).toEqual([[both, ["a"]]])
    await at.edit("b", "3")
    await at.scan()
    expect(await at.seen()).toEqual([
      [both, ["a"]],
      [old, ["b"]],
      [both, ["b"]]
    ])
    expect(
      (await at.ask((database, project) => Kept.changesOf(database, project, both))).map(({ path }) => path)
    ).toEqual(["a", "b"])
    expect(await at.scan()).toEqual({ commits: 0, moves: 0, contents: 0 })
  })

  it("follows files through renames, back and on, and what was copied from them", async () => {
    using at = stage()
    at.write("first", lines(9))
    const born = at.commit()
    at.git("mv", "first", "second")
    const moved = at.commit()
    await at.edit("second", lines(9, { 1: "x" }))
    const edited = at.commit()
    await at.scan()
    expect((await at.seen()).map(([commit]) => commit)).toEqual([born, moved, edited])
    at.git("mv", "second", "third\nname")
    const again = at.commit()
    await at.scan()
    at.write("third\nname", lines(9, { 1: "x", 2: "y" }))
    at.write("copy", lines(9, { 1: "x" }))
    const copied = at.commit()
    at.write("copy", "all else")
    const apart = at.commit()
    await at.scan()
    expect((await at.seen()).slice(3)).toEqual([
      [again, ["third\nname"]],
      [copied, ["copy", "third\nname"]],
      [apart, ["copy"]]
    ])
  })

  it("puts contents on record that only reflogs hold, and they outlive git's own", async () => {
    using at = stage()
    await at.edit("a", lines(9))
    at.commit("base")
    const contents: Array<readonly [oid: string, content: string]> = []
    const person = (content: string, message: string, ...options: ReadonlyArray<string>) => {
      at.write("a", content)
      at.commit(message, ...options)
      contents.push([at.git("rev-parse", "HEAD:a"), content])
    }
    // Amended away, squashed away, rebased away, reset away, and stashed.
    person(lines(9, { 1: "amended" }), "one")
    at.write("a", lines(9, { 1: "amended again" }))
    at.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    person(lines(9, { 1: "amended again", 5: "fixup" }), "fixup! one")
    at.write("a", lines(9, { 1: "amended again", 5: "fixed" }))
    at.commit("fixup! one")
    execFileSync("git", ["rebase", "--quiet", "--interactive", "--autosquash", "HEAD~3"], {
      cwd: at.top,
      env: {
        PATH: process.env["PATH"],
        HOME: at.top,
        GIT_SEQUENCE_EDITOR: "true",
        GIT_EDITOR: "true",
        GIT_COMMITTER_NAME: "Ada",
        GIT_COMMITTER_EMAIL: "ada@localhost"
      }
    })
    at.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    person(lines(9, { 9: "side" }), "side")
    at.git("rebase", "--quiet", "main")
    person(lines(9, { 1: "reset" }), "reset")
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    at.write("a", "stashed\n")
    at.git("stash", "--quiet")
    contents.push([at.git("rev-parse", "stash:a"), "stashed\n"])
    await at.scan()
    at.git("stash", "drop", "--quiet")
    at.write("a", "more\n")
    at.commit()
    await at.scan()

    at.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
    at.git("gc", "--quiet", "--prune=now")
    const stashed = contents.pop()
    for (const [oid, content] of contents) expect([content, await at.kept(oid)]).toEqual([content, content])
    // A stash is reached by its ref; a dropped one is in no reflog any more. The commit is on record.
    expect(
      await at.ask((database, project) => Kept.commitsWith(database, project, "a", stashed?.[0] ?? ""))
    ).toHaveLength(1)
    const oids = (await at.ofType("ContentKept")).map(({ payload }) => payload.content.oid)
    expect(new Set(oids).size).toBe(oids.length)
    expect(oids).not.toContain(at.git("rev-parse", "HEAD:a"))
    await at.scan()
    expect(await at.ofType("ContentKept")).toHaveLength(oids.length)
  })

  it("keeps no content twice that an agent's edit brought on record", async () => {
    using at = stage()
    await at.edit("a", lines(9))
    at.commit()
    await at.edit("a", lines(9, { 1: "x" }))
    at.commit()
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    expect(await at.scan()).toMatchObject({ contents: 0 })
  })

  it("tells a rebase's and a cherry-pick's commits by author, author time and origin", async () => {
    using at = stage()
    await at.edit("a", lines(9))
    at.commit("base")
    at.git("checkout", "--quiet", "-b", "side")
    at.write("a", lines(9, { 9: "side" }))
    const before = at.commit("side", "--date=2030-01-01T00:00:00Z")
    at.git("checkout", "--quiet", "main")
    at.write("a", lines(9, { 1: "main" }))
    at.commit("main")
    at.git("cherry-pick", "-x", before)
    const picked = at.git("rev-parse", "HEAD")
    at.git("rebase", "--quiet", "HEAD~1", "side")
    const after = at.git("rev-parse", "HEAD")
    await at.scan()
    const rows = await at.ask((database, project) => {
      const { author_key: key = "", authored = 0 } = Kept.commit(database, project, before) ?? {}
      return Kept.commitsByAuthor(database, project, key, authored)
    })
    expect(new Set(rows.map(({ oid }) => oid))).toEqual(new Set([before, picked, after]))
    expect(rows.find(({ oid }) => oid === picked)?.picked_from).toBe(before)
  })

  it("looks at every checkout of the repository, from whichever it is asked", async () => {
    using at = stage()
    await at.edit("a", "1")
    at.commit()
    const linked = join(at.root, "linked")
    at.git("worktree", "add", "--quiet", "-b", "side", linked)
    writeFileSync(join(linked, "a"), "2")
    gitOf(linked)("commit", "--quiet", "--all", "--message", "there")
    const there = gitOf(linked)("rev-parse", "HEAD")
    await at.scan()
    expect((await at.seen()).at(-1)).toEqual([there, ["a"]])
    const moves = await at.ask(Kept.moves)
    expect(moves.findLast(({ checkout }) => checkout === linked)).toMatchObject({ target: there, verb: "commit" })
    expect(moves.filter(({ checkout }) => checkout === at.top)).toHaveLength(1)
    expect(await at.scanAt(linked)).toEqual({ commits: 0, moves: 0, contents: 0 })
  })

  it("sees merges by what is theirs alone, and all the branches that they join", async () => {
    using at = stage()
    await at.edit("a", lines(9))
    at.commit()
    const sides = ["one", "two", "three"].map((name, index) => {
      at.git("checkout", "--quiet", "-b", name, "main")
      at.write("a", lines(9, { [index * 4 + 1]: name }))
      return at.commit(name)
    })
    at.git("checkout", "--quiet", "main")
    at.git("merge", "--quiet", "--no-ff", "--message", "octopus", "one", "two", "three")
    const octopus = at.git("rev-parse", "HEAD")
    at.git("checkout", "--quiet", "--detach", "HEAD~1")
    at.write("a", lines(9, { 5: "detached" }))
    const detached = at.commit()
    await at.scan()
    const seen = (await at.seen()).map(([commit]) => commit)
    for (const commit of [...sides, octopus, detached]) expect(seen).toContain(commit)
    expect(
      await at.ask((database, project) => Kept.commit(database, project, octopus)?.parents.split(" "))
    ).toHaveLength(4)
  })

  it("leaves out what was before the record began", async () => {
    using at = stage()
    at.write("a", "1")
    gitOf(at.top)("add", "a")
    const date = "2020-01-01T00:00:00Z"
    gitOf(at.top, { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date })("commit", "--quiet", "--message", "old")
    await at.edit("a", "2")
    const now = at.commit()
    await at.scan()
    expect(await at.seen()).toEqual([[now, ["a"]]])
    expect((await at.ask(Kept.moves)).map(({ target }) => target)).toEqual([now])
  })

  it("splits a commit of many files over several events", async () => {
    using at = stage()
    const paths = Array.from({ length: 230 }, (_, index) => `${"long/".repeat(index === 7 ? 600 : 1)}file-${index}`)
    for (const path of paths.filter((_, index) => index !== 7)) at.write(path, path)
    const payloads = paths.map((path) => written(join(at.top, path), path, { cwd: at.top }))
    await at.record(...payloads)
    const commit = at.commit()
    expect(await at.scan()).toMatchObject({ commits: 3 })
    const changed = await at.ask((database, project) => Kept.changesOf(database, project, commit))
    expect(changed.map(({ path }) => path).sort()).toEqual(paths.filter((_, index) => index !== 7).sort())
  })

  it("finds the few commits of interest among very many", async () => {
    using at = stage()
    await at.edit("a", "1")
    at.commit()
    const seconds = Math.floor(Date.now() / 1000)
    const commit = (index: number) =>
      `commit refs/heads/main\ncommitter Ada <ada@localhost> ${seconds} +0000\ndata 1\nx\n${index === 0 ? "from refs/heads/main^0\n" : ""}` +
      `M 100644 inline ${index === 500 ? "a" : "other"}\ndata ${String(index).length}\n${index}\n` +
      (index === 600 ? "R a b\n" : "")
    const input = Array.from({ length: 1100 }, (_, index) => commit(index)).join("")
    execFileSync("git", ["fast-import", "--quiet"], { cwd: at.top, input })
    const progress: Array<number> = []
    await at.run(scanned(at.top, (done) => progress.push(done)))
    expect((await at.seen()).map(([, files]) => files)).toEqual([["a"], ["a"], ["b"]])
    expect(progress.length).toBeGreaterThan(0)
  })

  it("leaves secrets and addresses out of contents and names", async () => {
    using at = stage()
    const secret = ["ghp_", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"].join("")
    await at.edit("a", "1\n")
    at.commit()
    at.write("a", `token = "${secret}"\n`)
    at.git(
      "-c",
      "user.name=x",
      "commit",
      "--quiet",
      "--all",
      "--message",
      "x",
      "--author=ada@example.com <ada@example.com>"
    )
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    expect(await at.scan()).toMatchObject({ commits: 2, contents: 1 })
    const [kept] = await at.ofType("ContentKept")
    expect(kept?.payload.content.redacted).toEqual(["github-pat"])
    const everything = JSON.stringify([await at.events(), await at.blobs()])
    expect(everything).not.toContain(secret)
    expect(everything).not.toContain("ada@example.com")
  })

  it("that two processes do at once records nothing twice", async () => {
    using at = stage()
    await at.edit("a", "1")
    at.commit()
    at.write("a", "2")
    at.commit()
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    const reports = await Promise.all([at.scan(), at.scan(), at.scan()])
    expect(reports.reduce((sum, { commits }) => sum + commits, 0)).toBe(2)
    expect(await at.ofType("CommitSeen")).toHaveLength(2)
    expect(await at.ofType("HeadMoved")).toHaveLength(3)
    expect(await at.ofType("ContentKept")).toHaveLength(1)
  })

  it("adds to what it knows and takes nothing back when a reflog loses its beginning", async () => {
    using at = stage()
    await at.edit("a", "1")
    at.commit()
    for (let index = 0; index < 3; index++) {
      at.git("checkout", "--quiet", "--detach")
      at.git("checkout", "--quiet", "main")
    }
    await at.scan()
    const before = (await at.ask(Kept.moves)).length
    at.git("reflog", "delete", "HEAD@{6}")
    at.commit()
    expect(await at.scan()).toMatchObject({ moves: 1 })
    rmSync(join(at.top, ".git/logs"), { recursive: true })
    expect(await at.scan()).toEqual({ commits: 0, moves: 0, contents: 0 })
    expect(await at.ask(Kept.moves)).toHaveLength(before + 1)
  })

  it("of a log that is new begins again", async () => {
    using at = stage()
    await at.edit("a", "1")
    const commit = at.commit()
    await at.scan()
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${at.home.log}${suffix}`, { force: true })
    await at.edit("a", "2")
    expect(await at.scan()).toMatchObject({ commits: 1, moves: 1 })
    expect(await at.seen()).toEqual([[commit, ["a"]]])
  })

  it("of a shallow clone waits for the rest before it says what the cut-off commit changed", async () => {
    using at = stage("origin")
    at.write("a", lines(9))
    const first = at.commit()
    at.write("a", lines(9, { 1: "x" }))
    const second = at.commit()
    at.write("a", lines(9, { 2: "y" }))
    const third = at.commit()
    const clone = join(at.root, "clone")
    gitOf(at.root)("clone", "--quiet", "--depth", "2", pathToFileURL(at.top).href, clone)
    await at.record(written(join(clone, "a"), "agent", { cwd: clone }))
    await at.scanAt(clone)
    expect((await at.seen()).map(([commit]) => commit)).toEqual([third])
    gitOf(clone)("fetch", "--quiet", "--unshallow")
    await at.scanAt(clone)
    expect((await at.seen()).map(([commit]) => commit)).toEqual([third, first, second])
  })

  it("of an empty repository finds nothing, and of a broken one says so", async () => {
    using at = stage()
    expect(await at.scan()).toEqual({ commits: 0, moves: 0, contents: 0 })
    await at.edit("a", "1")
    expect(await at.scan()).toEqual({ commits: 0, moves: 0, contents: 0 })
    at.commit()
    writeFileSync(join(at.top, ".git/refs/heads/broken"), `${"1234567890".repeat(4)}\n`)
    const failure = await at.run(Effect.flip(scanned(at.top)))
    expect(failure).toMatchObject({ _tag: "GitFailed" })
  })

  it("leaves read models that are what the log gives when folded again", async () => {
    using at = stage()
    await at.edit("a", "1")
    at.commit()
    at.write("a", "2")
    at.commit()
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    await at.scan()
    const checks = await at.run(Effect.flatMap(Projections, (projections) => projections.check(["history"])))
    expect(checks).toMatchObject([{ name: "history", same: true }])
  })
})
