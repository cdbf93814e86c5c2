import { execFileSync } from "node:child_process"
import { hash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { operation } from "../../../src/adapters/git/Reflog.ts"
import { git } from "../../app/world.ts"
import { history, run, stage } from "./stage.ts"

const zeros = "0".repeat(40)
const missing = "1234567890".repeat(4)

const oidOf = (content: string | Buffer): string => {
  const bytes = Buffer.from(content)
  return hash("sha1", Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]))
}

const names = [
  "with space",
  'it\'s "quoted"',
  "new\nline",
  "é 日本語 🙂",
  "-dash",
  "a\\b",
  "tab\there",
  "glob*[x]?",
  ":(top)x"
]

/** Lines "1" to "8" with some in place of others. */
const eight = (changed: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: 8 }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join("")

describe("a revision", () => {
  it("is a commit's name in any form that git knows", async () => {
    using at = stage()
    const first = at.commit({ a: "1" })
    const second = at.commit({ a: "2" })
    at.git("tag", "--annotate", "--message", "x", "v1", first)
    for (const [revision, commit] of [
      ["HEAD", second],
      ["main", second],
      ["HEAD~1", first],
      ["v1", first],
      [first.slice(0, 8), first],
      [":/work", second]
    ] as const)
      expect([revision, await run(history.commitOf(at.top, revision))]).toEqual([revision, commit])
  })

  it.each(["nothing", "", "-h", "--all", "^HEAD", "HEAD..HEAD", "HEAD:a", "a\nb", "a\0b", missing])(
    "%j names no commit",
    async (revision) => {
      using at = stage()
      at.commit({ a: "1" })
      const failure = await run(Effect.flip(history.commitOf(at.top, revision)))
      expect(failure).toMatchObject({ _tag: "RevisionUnknown", revision })
      expect(failure.message).toContain("There is no revision")
    }
  )

  it("that is mistyped is answered with the branch that is meant", async () => {
    using at = stage()
    at.commit({ a: "1" })
    at.git("branch", "feature/login")
    expect((await run(Effect.flip(history.commitOf(at.top, "feature/logn")))).message).toContain(
      "Did you mean feature/login?"
    )
  })

  it("of a repository without commits is not there yet", async () => {
    using at = stage()
    expect((await run(Effect.flip(history.commitOf(at.top, "HEAD")))).message).toContain("There is no commit yet.")
  })
})

describe("HEAD", () => {
  it("is on a branch, loose or packed, or detached, or nowhere yet", async () => {
    using at = stage()
    expect(await run(history.head(at.top))).toEqual({ commit: null, branch: "main", shallow: false })
    const first = at.commit({ a: "1" })
    expect(await run(history.head(at.top))).toEqual({ commit: first, branch: "main", shallow: false })
    at.git("branch", "main-2")
    at.git("pack-refs", "--all")
    expect(await run(history.head(at.top))).toEqual({ commit: first, branch: "main", shallow: false })
    at.git("checkout", "--quiet", "-b", "deep/er/é")
    const second = at.commit({ a: "2" })
    expect(await run(history.head(at.top))).toEqual({ commit: second, branch: "deep/er/é", shallow: false })
    at.git("checkout", "--quiet", "--detach")
    expect(await run(history.head(at.top))).toEqual({ commit: second, branch: null, shallow: false })
  })

  it("is each linked worktree's own", async () => {
    using at = stage()
    const first = at.commit({ a: "1" })
    const linked = join(at.root, "linked")
    at.git("worktree", "add", "--quiet", "-b", "side", linked)
    const second = at.commit({ a: "2" })
    expect(await run(history.head(linked))).toEqual({ commit: first, branch: "side", shallow: false })
    expect(await run(history.head(at.top))).toEqual({ commit: second, branch: "main", shallow: false })
    expect(await run(history.worktrees(linked))).toEqual([linked, at.top])
    expect(await run(history.worktrees(at.top))).toEqual([at.top, linked])
    rmSync(linked, { recursive: true })
    expect(await run(history.worktrees(at.top))).toEqual([at.top])
  })

  it("and its reflog are asked of git where only git can read them", async () => {
    using at = stage()
    at.commit({ a: "1" }, "first")
    at.commit({ a: "2" }, "second")
    at.git("checkout", "--quiet", "--detach", "HEAD~1")
    const [head, reflog] = [await run(history.head(at.top)), await run(history.reflog(at.top))]
    // What a repository with tables for its refs has.
    mkdirSync(join(at.top, ".git/reftable"))
    expect(await run(history.head(at.top))).toEqual(head)
    expect(await run(history.reflog(at.top))).toEqual(reflog)
    at.git("checkout", "--quiet", "main")
    expect(await run(history.head(at.top))).toMatchObject({ branch: "main" })
  })
})

describe("the fingerprint", () => {
  it("changes with every ref, HEAD and reflog of the repository, and with nothing else", async () => {
    using at = stage()
    at.commit({ a: "1" })
    const linked = join(at.root, "linked")
    at.git("worktree", "add", "--quiet", "-b", "side", linked)
    let last = await run(history.fingerprint(at.top))
    const differs = async (what: string, change: () => void) => {
      change()
      const now = await run(history.fingerprint(at.top))
      expect([what, now !== last]).toEqual([what, true])
      expect(await run(history.fingerprint(at.top))).toBe(now)
      last = now
    }
    await differs("a commit", () => at.commit({ a: "2" }))
    await differs("a branch", () => at.git("branch", "x"))
    await differs("a deep branch", () => at.git("branch", "y/z"))
    await differs("a branch that moves", () => at.git("update-ref", "refs/heads/y/z", "HEAD~1"))
    await differs("a branch that goes", () => at.git("branch", "-D", "x"))
    await differs("a tag", () => at.git("tag", "t"))
    await differs("a stash", () => {
      at.write("a", "3")
      at.git("stash", "--quiet")
    })
    await differs("a reset", () => at.git("reset", "--quiet", "--hard", "HEAD~1"))
    await differs("packing", () => at.git("pack-refs", "--all"))
    await differs("a commit elsewhere", () => git(linked, "commit", "--quiet", "--allow-empty", "--message", "x"))
    at.write("a", "changed")
    at.git("status")
    at.git("add", "a")
    expect(await run(history.fingerprint(at.top))).toBe(last)
  })
})

describe("commits", () => {
  it("are listed newest first, with who, when, what and from where", async () => {
    using at = stage()
    const first = at.commit({ a: "1" }, "first")
    const second = at.commit({ a: "2" }, `Revert "first"\n\nThis reverts commit ${first}.\n`)
    const third = at.commit({ a: "3" }, `third\non two lines\n\nbody\n\n(cherry picked from commit ${first})`)
    const listed = await run(history.commits(at.top, { revisions: ["HEAD"] }))
    const when = Date.parse("2026-01-01T00:00:00Z")
    const authorKey = hash("sha256", "a <a@localhost>").slice(0, 16)
    const common = { author: "a", authorKey, authored: when, committed: when }
    expect(listed).toEqual([
      { ...common, commit: third, parents: [second], subject: "third on two lines", pickedFrom: first },
      { ...common, commit: second, parents: [first], subject: 'Revert "first"', reverts: first },
      { ...common, commit: first, parents: [], subject: "first" }
    ])
  })

  it("of ranges, sets, paths, times and numbers", async () => {
    using at = stage()
    const ids = [at.commit({ a: "1" }), at.commit({ b: "1" }), at.commit({ a: "2" })] as const
    at.git("branch", "other", ids[1])
    const idsOf = async (query: Parameters<typeof history.commits>[1]) =>
      (await run(history.commits(at.top, query))).map(({ commit }) => ids.indexOf(commit))
    expect(await idsOf({ revisions: [`${ids[0]}..main`] })).toEqual([2, 1])
    expect(await idsOf({ revisions: ["main", "^other"] })).toEqual([2])
    expect(await idsOf({ revisions: ["--all"], paths: ["a"] })).toEqual([2, 0])
    expect(await idsOf({ revisions: ["--all"], limit: 1 })).toEqual([2])
    expect(await idsOf({ revisions: ["--all"], since: Date.parse("2026-01-01T00:00:00Z") })).toEqual([2, 1, 0])
    expect(await idsOf({ revisions: ["--all"], since: Date.parse("2026-01-01T00:00:01Z") })).toEqual([])
    expect(await idsOf({ revisions: [] })).toEqual([])
    at.git("reset", "--quiet", "--hard", ids[0])
    expect(await idsOf({ revisions: ["--reflog"] })).toEqual([2, 1, 0])
    expect(await run(history.unreachable(at.top))).toEqual([ids[2]])
  })

  it.each(["nothing", "a..nothing", "--output=x", "-n1", "a\nb", missing, `^${missing}`])(
    "of %j are an unknown revision",
    async (revision) => {
      using at = stage()
      at.commit({ a: "1" })
      at.git("branch", "a")
      const failure = await run(Effect.flip(history.commits(at.top, { revisions: [revision] })))
      expect(failure._tag).toBe("RevisionUnknown")
      expect(existsSync(join(at.top, "x"))).toBe(false)
    }
  )

  it("of an empty repository are none", async () => {
    using at = stage()
    expect(await run(history.commits(at.top, { revisions: ["--all", "--reflog"] }))).toEqual([])
    expect(await run(history.unreachable(at.top))).toEqual([])
  })

  it("are what they are, whatever replaces them and whatever the configuration says", async () => {
    using at = stage()
    const first = at.commit({ a: "1" }, "first")
    const second = at.commit({ a: "2" }, "second")
    at.git("replace", second, first)
    for (const [name, value] of [
      ["i18n.logOutputEncoding", "ISO-8859-1"],
      ["log.showSignature", "true"],
      ["diff.renames", "false"],
      ["core.quotePath", "true"]
    ] as const)
      at.git("config", name, value)
    const third = at.commit({ ä: "3" }, "grüße")
    expect((await run(history.commits(at.top, { revisions: ["HEAD"] }))).map(({ subject }) => subject)).toEqual([
      "grüße",
      "second",
      "first"
    ])
    expect((await run(history.changes(at.top, [third]))).get(third)?.map(({ path }) => path)).toEqual(["ä"])
  })

  it("know their ancestors", async () => {
    using at = stage()
    const first = at.commit({ a: "1" })
    const second = at.commit({ a: "2" })
    const pairs = [
      [first, second, true],
      [first, first, true],
      [second, first, false],
      [missing, second, false],
      [first, missing, false],
      ["--all", second, false]
    ] as const
    for (const [ancestor, commit, answer] of pairs)
      expect(await run(history.isAncestor(at.top, ancestor, commit))).toBe(answer)
  })
})

describe("changes of a commit", () => {
  it("are files with the blobs before and after, renamed and copied ones with where they came from", async () => {
    using at = stage()
    const first = at.commit({ a: eight(), b: "b\n" })
    const second = at.commit({ b: null, a: eight({ 1: "x" }), "moved/b": "b\n", copy: eight() })
    const third = at.commit({ a: null })
    const changed = await run(history.changes(at.top, [third, second, first]))
    expect(changed.get(first)).toEqual([
      { path: "a", from: null, before: null, after: oidOf(eight()), kind: "file" },
      { path: "b", from: null, before: null, after: oidOf("b\n"), kind: "file" }
    ])
    expect(changed.get(second)).toEqual([
      { path: "a", from: null, before: oidOf(eight()), after: oidOf(eight({ 1: "x" })), kind: "file" },
      { path: "copy", from: "a", copied: true, before: oidOf(eight()), after: oidOf(eight()), kind: "file" },
      { path: "moved/b", from: "b", before: oidOf("b\n"), after: oidOf("b\n"), kind: "file" }
    ])
    expect(changed.get(third)).toEqual([
      { path: "a", from: null, before: oidOf(eight({ 1: "x" })), after: null, kind: "file" }
    ])
  })

  it("of a merge are what differs from every parent, however many", async () => {
    using at = stage()
    at.commit({ a: eight(), b: "b\n" })
    const side = (name: string, line: number) => {
      at.git("checkout", "--quiet", "-b", name, "main")
      at.commit({ a: eight({ [line]: name }), [name]: name })
    }
    side("one", 1)
    side("two", 4)
    side("three", 8)
    at.git("checkout", "--quiet", "main")
    at.commit({ b: "b2\n" })
    at.git("merge", "--quiet", "--message", "octopus", "one", "two", "three")
    const octopus = at.git("rev-parse", "HEAD")
    const changed = await run(history.changes(at.top, [octopus]))
    expect(changed.get(octopus)).toEqual([
      {
        path: "a",
        from: null,
        before: oidOf(eight()),
        after: oidOf(eight({ 1: "one", 4: "two", 8: "three" })),
        kind: "file"
      }
    ])
    const [listed] = await run(history.commits(at.top, { revisions: ["HEAD"], limit: 1 }))
    expect(listed?.parents).toHaveLength(4)
  })

  it("of a merge that takes one side as it is are none", async () => {
    using at = stage()
    at.commit({ a: "1\n" })
    at.git("checkout", "--quiet", "-b", "side")
    at.commit({ a: "2\n" })
    at.git("checkout", "--quiet", "main")
    at.commit({ c: "1\n" })
    at.git("merge", "--quiet", "--message", "m", "side")
    const merge = at.git("rev-parse", "HEAD")
    expect(await run(history.changes(at.top, [merge]))).toEqual(new Map([[merge, []]]))
  })

  it("tell links and submodules from files", async () => {
    using at = stage()
    const inner = join(at.root, "inner")
    mkdirSync(inner)
    git(inner, "init", "--quiet")
    git(inner, "commit", "--quiet", "--allow-empty", "--message", "inner")
    symlinkSync("target", join(at.top, "link"))
    at.git("submodule", "--quiet", "add", inner, "part")
    const added = at.commit({ file: "x" })
    const kinds = (await run(history.changes(at.top, [added]))).get(added)?.map(({ path, kind }) => [path, kind])
    expect(kinds).toEqual([
      [".gitmodules", "file"],
      ["file", "file"],
      ["link", "symlink"],
      ["part", "submodule"]
    ])
    expect(await run(history.entry(at.top, "HEAD", "link"))).toEqual({ oid: oidOf("target"), kind: "symlink" })
    expect(await run(history.entry(at.top, "index", "part"))).toEqual({
      oid: git(inner, "rev-parse", "HEAD"),
      kind: "submodule"
    })
    expect(await run(history.files(at.top, "HEAD"))).toEqual([".gitmodules", "file", "link"])
    at.git("rm", "--quiet", "link", "part")
    const removed = at.commit({})
    expect((await run(history.changes(at.top, [removed]))).get(removed)).toContainEqual({
      path: "link",
      from: null,
      before: oidOf("target"),
      after: null,
      kind: "symlink"
    })
  })

  it("are left out where nothing can be said", async () => {
    using at = stage()
    const first = at.commit({ a: "1" })
    const asked = [missing, "not an id\n", first]
    expect([...(await run(history.changes(at.top, asked))).keys()]).toEqual([first])
    expect(await run(history.changes(at.top, []))).toEqual(new Map())
  })
})

describe("paths", () => {
  it.each(names)("may be %j", async (name) => {
    using at = stage()
    const path = `dir/${name}`
    const first = at.commit({ [path]: eight() })
    const second = at.commit({ [path]: null, [`${name} 2`]: eight() })
    const [one] = (await run(history.changes(at.top, [first]))).get(first) ?? []
    expect(one?.path).toBe(path)
    const [two] = (await run(history.changes(at.top, [second]))).get(second) ?? []
    expect(two).toMatchObject({ path: `${name} 2`, from: path })
    expect(await run(history.files(at.top, first))).toEqual([path])
    expect(await run(history.entry(at.top, first, path))).toEqual({ oid: oidOf(eight()), kind: "file" })
    expect(await run(history.entry(at.top, "index", `${name} 2`))).toEqual({ oid: oidOf(eight()), kind: "file" })
    expect((await run(history.commits(at.top, { revisions: ["HEAD"], paths: [path] }))).length).toBe(2)
    const blamed = await run(history.blame(at.top, `${name} 2`, "HEAD"))
    expect(blamed).toHaveLength(8)
    expect(blamed?.[7]).toEqual({ commit: first, path, line: 8, author: "a", boundary: false })
    const edited = await run(history.blame(at.top, `${name} 2`, second, Buffer.from(eight({ 3: "new" }))))
    expect(edited?.map(({ commit }) => commit === null)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((line) => line === 3))
  })

  it("that are no UTF-8 are read as well as they can be", async () => {
    using at = stage()
    const oid = execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: at.top, input: "x", encoding: "utf8" })
    const tree = execFileSync("git", ["mktree", "-z"], {
      cwd: at.top,
      input: Buffer.concat([Buffer.from(`100644 blob ${oid.trim()}\tlatin-`), Buffer.from([0xe9, 0])]),
      encoding: "utf8"
    }).trim()
    const commit = at.git("commit-tree", "-m", "x", tree)
    expect(await run(history.files(at.top, commit))).toEqual(["latin-\ufffd"])
  })

  it("of folders, and of nothing, are no files", async () => {
    using at = stage()
    at.commit({ "dir/a": "1" })
    for (const path of ["dir", "none", "a"]) {
      expect(await run(history.entry(at.top, "HEAD", path))).toBeUndefined()
      expect(await run(history.entry(at.top, "index", path))).toBeUndefined()
    }
  })
})

describe("contents", () => {
  it("are the exact bytes of blobs, without what is missing, too large, or no blob", async () => {
    using at = stage()
    const binary = Buffer.from([0, 255, 10, 13, 0])
    const large = Buffer.alloc(300_000, "large\n")
    const commit = at.commit({ binary, large, empty: "", text: "x\n" })
    const asked = [oidOf(large), oidOf(binary), missing, commit, "HEAD", oidOf(""), oidOf("x\n"), oidOf("x\n")]
    const found = await run(history.blobs(at.top, asked, 1000))
    expect(found).toEqual(
      new Map<string, Buffer>([
        [oidOf(binary), binary],
        [oidOf(""), Buffer.alloc(0)],
        [oidOf("x\n"), Buffer.from("x\n")]
      ])
    )
    expect((await run(history.blobs(at.top, [oidOf(large)]))).get(oidOf(large))).toEqual(large)
    expect(await run(history.blobs(at.top, [missing]))).toEqual(new Map())
  })

  it("staged are found while the file has no conflict", async () => {
    using at = stage()
    at.commit({ a: "1\n" })
    at.write("a", "staged\n")
    at.git("add", "a")
    expect(await run(history.entry(at.top, "index", "a"))).toEqual({ oid: oidOf("staged\n"), kind: "file" })
    at.git("stash", "--quiet")
    at.commit({ a: "2\n" })
    expect(() => at.git("stash", "pop", "--quiet")).toThrow("Command failed")
    expect(await run(history.entry(at.top, "index", "a"))).toBeUndefined()
  })
})

describe("blame", () => {
  it("tells each line's commit, and its path and place there", async () => {
    using at = stage()
    const first = at.commit({ old: eight() })
    const second = at.commit({ old: `top\n${eight({ 8: "end" })}` })
    at.git("mv", "old", "new")
    at.commit({})
    const blamed = await run(history.blame(at.top, "new", "HEAD"))
    const line = (commit: string, place: number) => ({ commit, path: "old", line: place, author: "a", boundary: false })
    expect(blamed).toEqual([
      line(second, 1),
      ...[1, 2, 3, 4, 5, 6, 7].map((place) => line(first, place)),
      line(second, 9)
    ])
    expect(await run(history.blame(at.top, "new", first))).toBeUndefined()
    expect(await run(history.blame(at.top, "old", first))).toHaveLength(8)
  })

  it("of bytes on top of any commit leaves new lines without one", async () => {
    using at = stage()
    const first = at.commit({ a: eight() })
    at.commit({ a: "all\nother\n" })
    const bytes = Buffer.from(`new\n${eight()}last without end`)
    const blamed = await run(history.blame(at.top, "a", first, bytes))
    expect(blamed?.map(({ commit }) => commit)).toEqual([null, ...Array<string>(8).fill(first), null])
    expect(await run(history.blame(at.top, "a", first, Buffer.alloc(0)))).toEqual([])
    const unknown = await run(history.blame(at.top, "unknown", first, Buffer.from("1\n2")))
    expect(unknown?.map(({ commit }) => commit)).toEqual([null, null])
  })

  it("takes line ends of the checkout for those of the repository", async () => {
    using at = stage()
    const lf = at.commit({ a: eight() })
    const crlf = Buffer.from(eight({ 2: "new" }).replaceAll("\n", "\r\n"))
    const owners = async (revision: string, bytes: Buffer) =>
      (await run(history.blame(at.top, "a", revision, bytes)))?.map(({ commit }) => commit)
    expect(await owners(lf, crlf)).toEqual([lf, null, ...Array<string>(6).fill(lf)])
    // Where the repository has both, a line that has the other one is another.
    const mixed = at.commit({ a: `${eight()}a\r\nb\n` })
    expect((await owners(mixed, Buffer.from(`${eight()}a\nb\r\n`)))?.slice(-2)).toEqual([null, null])
  })

  it("does as it does by default, whatever the configuration and the attributes say, and runs nothing", async () => {
    using at = stage()
    const ran = join(at.root, "ran")
    const first = at.commit({ a: eight() })
    const second = at.commit({ a: eight({ 1: "x" }), ".gitattributes": "* filter=spy diff=spy\n" })
    at.write("ignored", `${second}\n`)
    for (const [name, value] of [
      ["blame.ignoreRevsFile", "ignored"],
      ["filter.spy.clean", `touch '${ran}'; cat`],
      ["diff.spy.textconv", `touch '${ran}'; cat`],
      ["diff.external", `touch '${ran}'`],
      ["core.fsmonitor", `touch '${ran}'`],
      ["core.pager", `touch '${ran}'`]
    ] as const)
      at.git("config", name, value)
    const commits = [second, ...Array<string>(7).fill(first)]
    expect((await run(history.blame(at.top, "a", "HEAD")))?.map(({ commit }) => commit)).toEqual(commits)
    const bytes = Buffer.from(eight({ 1: "x", 2: "y" }))
    expect((await run(history.blame(at.top, "a", second, bytes)))?.map(({ commit }) => commit)).toEqual([
      second,
      null,
      ...Array<string>(6).fill(first)
    ])
    await run(history.changes(at.top, [second]))
    await run(history.entry(at.top, "index", "a"))
    await run(history.writeNotes(at.top, "refs/notes/nexus", new Map([[second, "x"]])))
    expect(existsSync(ran)).toBe(false)
  })

  it("of a linked worktree and of an empty or binary file works", async () => {
    using at = stage()
    const binary = Buffer.from([0, 10, 255, 10, 0])
    const first = at.commit({ empty: "", binary })
    const linked = join(at.root, "linked")
    at.git("worktree", "add", "--quiet", linked)
    expect(await run(history.blame(linked, "empty", "HEAD"))).toEqual([])
    expect(await run(history.blame(linked, "binary", "HEAD"))).toHaveLength(3)
    expect((await run(history.blame(linked, "binary", first, binary)))?.map(({ commit }) => commit)).toEqual([
      first,
      first,
      first
    ])
  })

  it("leaves nothing behind", async () => {
    using at = stage()
    const first = at.commit({ a: eight() })
    const state = () =>
      execFileSync("sh", ["-c", "find . -type f -exec cksum {} + | sort"], { cwd: at.top, encoding: "utf8" })
    const before = state()
    await run(history.blame(at.top, "a", first, Buffer.from(eight({ 1: "x" }))))
    await run(history.commits(at.top, { revisions: ["--all"] }))
    await run(history.entry(at.top, "index", "a"))
    expect(state()).toBe(before)
  })
})

describe("the reflog", () => {
  it("tells every move of HEAD, oldest first, with the operation", async () => {
    using at = stage()
    const first = at.commit({ a: "1" }, "commit: with a colon (and more)")
    at.git("checkout", "--quiet", "-b", "side")
    const second = at.commit({ b: "1" })
    at.git("commit", "--quiet", "--amend", "--message", "amended")
    const amended = at.git("rev-parse", "HEAD")
    at.git("checkout", "--quiet", "main")
    at.git("merge", "--quiet", "side")
    at.git("reset", "--quiet", "--hard", "HEAD~1")
    const moves = await run(history.reflog(at.top))
    const when = Date.parse("2026-01-01T00:00:00Z")
    expect(moves).toEqual([
      { from: zeros, to: first, at: when, verb: "commit (initial)" },
      { from: first, to: first, at: when, verb: "checkout", onto: "side" },
      { from: first, to: second, at: when, verb: "commit" },
      { from: second, to: amended, at: when, verb: "commit (amend)" },
      { from: amended, to: first, at: when, verb: "checkout", onto: "main" },
      { from: first, to: amended, at: when, verb: "merge" },
      { from: amended, to: first, at: when, verb: "reset" }
    ])
  })

  it("of a rebase tells its steps", async () => {
    using at = stage()
    at.commit({ a: "1" })
    at.git("checkout", "--quiet", "-b", "side")
    at.commit({ b: "1" })
    at.commit({ b: "2" })
    at.git("checkout", "--quiet", "main")
    at.commit({ c: "1" })
    at.git("rebase", "--quiet", "main", "side")
    const verbs = (await run(history.reflog(at.top))).map(({ verb }) => verb)
    expect(verbs.slice(-4)).toEqual(["rebase (start)", "rebase (pick)", "rebase (pick)", "rebase (finish)"])
  })

  it.each([
    ["commit: subject (amend): x", "commit"],
    ["commit (merge): x", "commit (merge)"],
    ["rebase -i (finish): returning to refs/heads/x", "rebase (finish)"],
    ["rebase (pick): Fix (a bug): now", "rebase (pick)"],
    ["pull --rebase origin main: Fast-forward", "pull"],
    ["pull --rebase origin main (pick): x", "pull (pick)"],
    ["merge feature/x: Merge made by the 'ort' strategy.", "merge"],
    ["cherry-pick: x", "cherry-pick"],
    ["revert: Revert (x)", "revert"],
    ["am: x", "am"],
    ["clone: from https://user:secret@example.com/x", "clone"],
    ["branch: Created from HEAD", "branch"],
    ["initial pull", "initial"],
    ["", "update"],
    ["(odd) message", "update"]
  ])("words %j as %j", (message, verb) => {
    expect(operation(message)).toEqual({ verb })
  })

  it("that is missing, cut off or damaged has the moves that can be read", async () => {
    using at = stage()
    const first = at.commit({ a: "1" })
    const file = join(at.top, ".git/logs/HEAD")
    const log = readFileSync(file, "utf8")
    writeFileSync(file, `garbage\n${log}${log.slice(0, 30)}`)
    expect((await run(history.reflog(at.top))).map(({ to }) => to)).toEqual([first])
    rmSync(file)
    expect(await run(history.reflog(at.top))).toEqual([])
    expect(await run(history.reflog(join(at.root, "nowhere")))).toEqual([])
  })
})

describe("history that is not all there", () => {
  it("of a shallow clone ends at a boundary, whose changes are not known", async () => {
    using at = stage()
    at.commit({ a: eight() })
    const cut = at.commit({ a: eight({ 1: "x" }) })
    const last = at.commit({ a: eight({ 1: "x", 8: "y" }) })
    git(at.root, "clone", "--quiet", "--depth", "2", pathToFileURL(at.top).href, "shallow")
    const clone = join(at.root, "shallow")
    expect(await run(history.head(clone))).toEqual({ commit: last, branch: "main", shallow: true })
    const listed = await run(history.commits(clone, { revisions: ["HEAD"] }))
    expect(listed.map(({ commit, boundary }) => [commit, boundary])).toEqual([
      [last, undefined],
      [cut, true]
    ])
    expect([...(await run(history.changes(clone, [last, cut]))).keys()]).toEqual([last])
    const blamed = await run(history.blame(clone, "a", "HEAD"))
    expect(blamed?.map(({ commit }) => commit)).toEqual([...Array<string>(7).fill(cut), last])
    expect(blamed?.map(({ boundary }) => boundary)).toEqual([...Array<boolean>(7).fill(true), false])
    expect((await run(Effect.flip(history.commitOf(clone, "HEAD~5")))).message).toContain("unshallow")
  })

  it("of a partial clone is asked for what is there, and nothing is fetched", async () => {
    using at = stage()
    const first = at.commit({ a: eight(), b: "b\n" })
    const second = at.commit({ a: eight({ 1: "x" }), b: null, c: "b\n" })
    at.git("config", "uploadpack.allowFilter", "true")
    git(at.root, "clone", "--quiet", "--filter=blob:none", "--no-checkout", pathToFileURL(at.top).href, "partial")
    const clone = join(at.root, "partial")
    // One content of several is there.
    execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: clone, input: "b\n" })
    const asked = [oidOf(eight()), oidOf("b\n"), oidOf(eight({ 1: "x" }))]
    expect([...(await run(history.blobs(clone, asked))).keys()]).toEqual([oidOf("b\n")])
    const changed = await run(history.changes(clone, [second, first]))
    expect(changed.get(second)).toContainEqual({
      path: "c",
      from: "b",
      before: oidOf("b\n"),
      after: oidOf("b\n"),
      kind: "file"
    })
    expect(await run(history.entry(clone, "HEAD", "a"))).toEqual({ oid: oidOf(eight({ 1: "x" })), kind: "file" })
    const failure = await run(Effect.flip(history.blame(clone, "a", "HEAD")))
    expect(failure._tag).toBe("GitFailed")
  })

  it("after a pruning lacks what was pruned", async () => {
    using at = stage()
    const first = at.commit({ a: "1\n" })
    const lost = at.commit({ a: "lost\n" })
    at.git("reset", "--quiet", "--hard", first)
    at.git("reflog", "expire", "--expire=now", "--all")
    at.git("gc", "--quiet", "--prune=now")
    expect(await run(history.blobs(at.top, [oidOf("lost\n"), oidOf("1\n")]))).toEqual(
      new Map([[oidOf("1\n"), Buffer.from("1\n")]])
    )
    expect([...(await run(history.changes(at.top, [lost, first]))).keys()]).toEqual([first])
    expect(await run(history.unreachable(at.top))).toEqual([])
    expect(await run(history.isAncestor(at.top, lost, first))).toBe(false)
    expect(await run(Effect.flip(history.commitOf(at.top, lost)))).toMatchObject({ _tag: "RevisionUnknown" })
  })

  it("of a folder that is no repository, or none at all, is a failure with a name", async () => {
    using at = stage()
    for (const folder of [at.root, join(at.root, "nowhere")]) {
      const failures = [
        await run(Effect.flip(history.head(folder))),
        await run(Effect.flip(history.commits(folder, { revisions: ["HEAD"] }))),
        await run(Effect.flip(history.blame(folder, "a", "HEAD"))),
        await run(Effect.flip(history.blame(folder, "a", "HEAD", Buffer.from("x"))))
      ]
      expect(failures.map(({ _tag }) => _tag)).toEqual(Array<string>(4).fill("GitFailed"))
      expect(await run(history.fingerprint(folder))).toBe("none")
      expect(await run(history.worktrees(folder))).toEqual([])
    }
  })

  it("with SHA-256 ids, and of a bare repository, is read like any other", async () => {
    using at = stage("--object-format=sha256")
    const first = at.commit({ a: eight() })
    const second = at.commit({ a: eight({ 1: "x" }) })
    expect(first).toHaveLength(64)
    git(at.root, "clone", "--quiet", "--bare", at.top, "bare.git")
    for (const top of [at.top, join(at.root, "bare.git")]) {
      expect(await run(history.head(top))).toEqual({ commit: second, branch: "main", shallow: false })
      const [change] = (await run(history.changes(top, [second]))).get(second) ?? []
      const after = change?.after ?? ""
      expect((await run(history.blobs(top, [after]))).get(after)?.toString()).toBe(eight({ 1: "x" }))
      const bytes = Buffer.from(eight({ 1: "x", 2: "y" }))
      expect((await run(history.blame(top, "a", second, bytes)))?.slice(0, 3).map(({ commit }) => commit)).toEqual([
        second,
        null,
        first
      ])
      await run(history.writeNotes(top, "refs/notes/nexus", new Map([[first, "note"]])))
      expect(await run(history.notes(top, "refs/notes/nexus"))).toEqual(new Map([[first, "note"]]))
    }
    expect(await run(history.reflog(at.top))).toHaveLength(2)
  })
})

describe("notes", () => {
  const ref = "refs/notes/nexus"

  it("are written in one commit that leaves HEAD, index and files alone, and are replaced", async () => {
    using at = stage()
    const [first, second] = [at.commit({ a: "1" }), at.commit({ a: "2" })]
    at.write("a", "dirty")
    const head = at.git("rev-parse", "HEAD")
    expect(await run(history.notes(at.top, ref))).toEqual(new Map())
    const both = new Map([
      [first, "one\n\nwith\nlines"],
      [second, "zwei — 日本"],
      [missing, "of nothing"]
    ])
    await run(history.writeNotes(at.top, ref, both))
    await run(history.writeNotes(at.top, ref, new Map([[first, "one again"]])))
    await run(history.writeNotes(at.top, ref, new Map([[missing, "of nothing"]])))
    expect(await run(history.notes(at.top, ref))).toEqual(
      new Map([
        [first, "one again"],
        [second, "zwei — 日本"]
      ])
    )
    expect(await run(history.notes(at.top, ref, [second, missing]))).toEqual(new Map([[second, "zwei — 日本"]]))
    expect(at.git("rev-list", "--count", ref)).toBe("2")
    expect(at.git("log", "-1", "--format=%cn <%ce>", ref)).toBe("nexus <nexus@localhost>")
    expect(at.git("notes", "--ref=nexus", "show", first)).toBe("one again")
    expect([at.git("rev-parse", "HEAD"), at.git("status", "--porcelain")]).toEqual([head, "M a"])
    expect(readdirSync(join(at.top, ".git")).filter((name) => name.startsWith("fast_import"))).toEqual([])
  })

  it("are found in the folders that git spreads many of them over", async () => {
    using at = stage()
    const many = Array.from(
      { length: 300 },
      (_, index) => `commit refs/heads/many\ncommitter Ada <a@b.c> ${index} +0000\ndata 0\n\n`
    )
    execFileSync("git", ["fast-import", "--quiet"], { cwd: at.top, input: many.join("") })
    const commits = at.git("rev-list", "refs/heads/many").split("\n")
    expect(commits).toHaveLength(300)
    const written = new Map(commits.map((commit) => [commit, `note of ${commit}`]))
    await run(history.writeNotes(at.top, ref, written))
    expect(at.git("ls-tree", "--name-only", ref).split("\n")[0]).toHaveLength(2)
    expect(await run(history.notes(at.top, ref))).toEqual(written)
  })

  it("travel to other clones and back, merged, and ours win for one commit", async () => {
    using at = stage()
    const [first, second] = [at.commit({ a: "1" }), at.commit({ a: "2" })]
    git(at.root, "clone", "--quiet", "--bare", at.top, "hub.git")
    git(at.root, "clone", "--quiet", "hub.git", "ada")
    git(at.root, "clone", "--quiet", "hub.git", "bob")
    const [ada, bob] = [join(at.root, "ada"), join(at.root, "bob")]
    await run(history.fetchNotes(ada, "origin", ref))
    expect(await run(history.notes(ada, ref))).toEqual(new Map())
    await run(history.writeNotes(ada, ref, new Map([[first, "of ada"]])))
    await run(history.pushNotes(ada, "origin", ref))
    await run(
      history.writeNotes(
        bob,
        ref,
        new Map([
          [first, "of bob"],
          [second, "of bob"]
        ])
      )
    )
    await run(history.pushNotes(bob, "origin", ref))
    const merged = new Map([
      [first, "of bob"],
      [second, "of bob"]
    ])
    expect(await run(history.notes(bob, ref))).toEqual(merged)
    await run(history.fetchNotes(ada, "origin", ref))
    expect(await run(history.notes(ada, ref))).toEqual(merged)
    expect(git(ada, "for-each-ref", "--format=%(refname)", "refs/notes")).toBe(ref)
  })

  it("that several clones push at once all arrive", async () => {
    using at = stage()
    const commits = [at.commit({ a: "1" }), at.commit({ a: "2" }), at.commit({ a: "3" })]
    git(at.root, "clone", "--quiet", "--bare", at.top, "hub.git")
    const clones = commits.map((_, index) => {
      git(at.root, "clone", "--quiet", "hub.git", `clone-${index}`)
      return join(at.root, `clone-${index}`)
    })
    await Promise.all(
      clones.map(async (clone, index) => {
        await run(history.writeNotes(clone, ref, new Map([[commits[index] ?? "", `of ${index}`]])))
        await run(history.pushNotes(clone, "origin", ref))
      })
    )
    const [clone = ""] = clones
    await run(history.fetchNotes(clone, "origin", ref))
    expect((await run(history.notes(clone, ref))).size).toBe(3)
  })

  it("have a ref under refs/notes/ and a remote that is no option", async () => {
    using at = stage()
    const commit = at.commit({ a: "1" })
    for (const strange of ["refs/heads/main", "--all", "refs/notes/../heads/main", "nexus"]) {
      const failure = await run(Effect.flip(history.writeNotes(at.top, strange, new Map([[commit, "x"]]))))
      expect(failure.message).toContain("is no notes ref")
    }
    const failure = await run(Effect.flip(history.fetchNotes(at.top, "--upload-pack=touch ran", ref)))
    expect(failure.message).toContain("is no remote")
    expect(existsSync(join(at.top, "ran"))).toBe(false)
    await expect(run(history.pushNotes(at.top, "nowhere", ref))).rejects.toThrow(/git fetch failed/)
  })
})
