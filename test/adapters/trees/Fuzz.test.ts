/** Random folders, random changes: whatever was kept comes back exactly, and so does what was there before. */
import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { all, snapshot, stage, withIgnored } from "./stage.ts"

/** Few, so that things meet: a file where a folder was, a link to what is gone. As bytes: not all are UTF-8. */
const names = ["a", "b", "-r", "new\nline", "q'\"", "\xc3\xbc", "\xff\xfe", "x.ign", ".gitignore", "ign"]

const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o4755, 0o000, 0o777)

const operation = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    path,
    mode,
    text: fc.constantFrom("", "1", "22", "a\r\nb", "long".repeat(5000))
  }),
  fc.record({ kind: fc.constant("folder" as const), path, mode: fc.constantFrom(0o755, 0o700, 0o1777, 0o500) }),
  fc.record({
    kind: fc.constant("link" as const),
    path,
    to: fc.constantFrom("a", "/dev/null", "..", "../../../x", "\xff")
  }),
  fc.record({ kind: fc.constant("remove" as const), path }),
  fc.record({ kind: fc.constant("rename" as const), path, to: path }),
  fc.record({ kind: fc.constant("mode" as const), path, mode }),
  fc.record({ kind: fc.constant("repository" as const), path })
)
type Operation = typeof operation extends fc.Arbitrary<infer A> ? A : never

/** Does what can be done; the rest is passed over, as the random script knows nothing of what is there. */
const apply = (folder: string, git: (folder: string) => void, operations: ReadonlyArray<Operation>): void => {
  const at = (path: ReadonlyArray<string>) => Buffer.from(`${folder}/${path.join("/")}`, "latin1")
  for (const one of operations) {
    try {
      if (one.path.includes(".gitignore") && one.path.at(-1) !== ".gitignore") continue
      const target = at(one.path)
      const isThere = lstatSync(target, { throwIfNoEntry: false })
      if (one.kind === "remove") rmSync(target, { recursive: true, force: true })
      else if (one.kind === "rename") renameSync(target, at(one.to))
      else if (one.kind === "mode" && isThere?.isSymbolicLink() === false) chmodSync(target, one.mode)
      else {
        if (one.path.length > 1) mkdirSync(at(one.path.slice(0, -1)), { recursive: true })
        if (one.kind === "write") {
          const text = one.path.at(-1) === ".gitignore" ? "*.ign\nign/\n" : one.text
          writeFileSync(target, text, { flag: isThere === undefined ? "wx" : "r+" })
          if (isThere === undefined) chmodSync(target, one.mode)
        } else if (one.kind === "folder") {
          mkdirSync(target, { recursive: true })
          chmodSync(target, one.mode)
        } else if (one.kind === "link") symlinkSync(Buffer.from(one.to, "latin1"), target)
        else if (one.kind === "repository" && !existsSync(target)) {
          mkdirSync(target)
          git(target.toString("latin1"))
        }
      }
    } catch {
      // It did not fit what is there.
    }
  }
}

const script = fc.array(operation, { maxLength: 25 })

describe("any folder, after any changes", () => {
  it.each([
    { what: "with ignored files", selection: withIgnored, repository: true },
    { what: "that is no repository", selection: all, repository: false }
  ])(
    "comes back as it was kept, and then as it was before that ($what)",
    { timeout: 300_000 },
    async ({ selection, repository }) => {
      await using world = stage()
      let count = 0
      await fc.assert(
        fc.asyncProperty(script, script, fc.boolean(), async (first, second, inAnother) => {
          // Everything else here is done without a pause: the test runner wants to be heard now and then.
          await new Promise(setImmediate)
          const folder = world.folder(`f${++count}`)
          const git = (inner: string) => void (/^[\0-\x7f]*$/.test(inner) && world.git(inner, "init", "-q"))
          if (repository) git(folder)
          apply(folder, git, first)
          const before = snapshot(folder)
          const kept = await world.trees.keepFiles(folder, selection)
          apply(folder, git, second)
          const after = snapshot(folder)
          const trees = inAnother ? world.another() : world.trees
          const undo = await trees.keepFiles(folder, { ...selection, over: kept.hash })
          expect(await trees.restoreFiles(kept.hash, folder, undo.hash)).toEqual([])
          expect(snapshot(folder)).toEqual(before)
          expect((await world.another().keepFiles(folder, selection)).hash).toBe(kept.hash)
          const redo = await trees.keepFiles(folder, { ...selection, over: undo.hash })
          expect(redo.hash).toBe(kept.hash)
          expect(await trees.restoreFiles(undo.hash, folder, redo.hash)).toEqual([])
          expect(snapshot(folder)).toEqual(after)
          rmSync(folder, { recursive: true, force: true })
        }),
        { numRuns: 25 }
      )
    }
  )

  it("loses no ignored file, and is otherwise what git says is not ignored", { timeout: 300_000 }, async () => {
    await using world = stage()
    let count = 0
    await fc.assert(
      fc.asyncProperty(script, script, async (first, second) => {
        const folder = world.folder(`f${++count}`)
        const git = (inner: string) => void (/^[\0-\x7f]*$/.test(inner) && world.git(inner, "init", "-q"))
        git(folder)
        writeFileSync(`${folder}/.gitignore`, "*.ign\nign/\n")
        const withoutRules = (operations: ReadonlyArray<Operation>) =>
          operations
            .filter(({ kind, path }) => kind !== "repository" && !path.includes(".gitignore"))
            .filter((one) => one.kind !== "rename" || !one.to.includes(".gitignore"))
        apply(folder, git, withoutRules(first))
        const kept = await world.trees.keepFiles(folder, all)
        const listed = world.git(folder, "ls-files", "-z", "--others", "--exclude-standard").split("\0").filter(Boolean)
        expect(kept.files).toBe(listed.length)
        apply(folder, git, withoutRules(second))
        const before = snapshot(folder)
        const ignored = ignoredOf(world.git(folder, "ls-files", "-z", "--others", "--ignored", "--exclude-standard"))
        const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
        try {
          expect(await world.trees.restoreFiles(kept.hash, folder, undo.hash)).toEqual([])
        } catch (cause) {
          expect(String(cause)).toMatch(/is a folder with files that are not in the checkpoint/)
          expect(snapshot(folder)).toEqual(before)
          return
        }
        // A folder in which ignored files are left stays.
        const again = await world.another().keepFiles(folder, all)
        const left = await world.trees.diff(kept.hash, again.hash)
        expect(left.filter(({ path, change }) => change !== "added" || !path.endsWith("/"))).toEqual([])
        const now = snapshot(folder)
        for (const path of ignored) if (before.has(path)) expect(now.get(path)).toBe(before.get(path))
        rmSync(folder, { recursive: true, force: true })
      }),
      { numRuns: 25 }
    )
  })
})

/** As `snapshot` writes them. */
const ignoredOf = (output: string): ReadonlyArray<string> =>
  output
    .split("\0")
    .filter(Boolean)
    .map((path) => Buffer.from(path, "utf8").toString("latin1"))
