/** A sync whose workspace is at the other end of a connection to a real SSH server. */
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import * as LocalSide from "../../../src/adapters/sync/local/LocalSide.ts"
import * as SftpSide from "../../../src/adapters/sync/sftp/SftpSide.ts"
import { conflicts, flush, resume } from "../../../src/app/sync/Sync.ts"
import { makeSession, type SyncSession } from "../../../src/app/sync/SyncSession.ts"
import { contents, type Pair, pair } from "../../app/sync/pair.ts"
import { holds, operations } from "../../app/sync/operations.ts"
import { type Stage, stage } from "../ssh/stage.ts"

let at: Stage
let both: Pair
beforeAll(async () => {
  at = await stage()
})
afterAll(() => at[Symbol.asyncDispose]())
beforeEach(async () => {
  both = await pair()
})
afterEach(() => both.end())

const synced = <A, E>(use: (session: SyncSession) => Effect.Effect<A, E>): Promise<A> =>
  at.connected((connection) =>
    Effect.scoped(
      Effect.flatMap(connection.sftp, (sftp) =>
        use(
          makeSession({
            host: LocalSide.make("host", both.host),
            workspace: SftpSide.make("workspace", sftp, both.workspace),
            memory: both.memory
          })
        )
      )
    )
  )
const onHost = (path: string) => join(both.host, path)
const inWorkspace = (path: string) => join(both.workspace, path)
const expectSame = () => expect(contents(both.workspace)).toEqual(contents(both.host))

test("takes over what is new, changed, renamed, deleted or may be run, both ways, large files too", async () => {
  mkdirSync(onHost("a/b"), { recursive: true })
  for (const name of ["a/edited", "a/gone", "a/b/old", "script", "with 'quotes' and\nlines"])
    writeFileSync(onHost(name), name)
  writeFileSync(inWorkspace("large"), randomBytes(3_000_000).toString("base64"))
  symlinkSync("/etc/passwd", inWorkspace("link"))
  await synced(flush)
  expectSame()
  writeFileSync(inWorkspace("a/edited"), "by the workspace")
  rmSync(onHost("a/gone"))
  renameSync(inWorkspace("a/b"), inWorkspace("a/c"))
  chmodSync(onHost("script"), 0o755)
  writeFileSync(onHost("large"), randomBytes(3_000_000).toString("base64"))
  rmSync(onHost("link"))
  mkdirSync(onHost("link"))
  await synced(flush)
  expectSame()
  expect(Object.keys(contents(both.host))).toEqual([
    "a",
    "a/c",
    "a/c/old",
    "a/edited",
    "large",
    "link",
    "script",
    "with 'quotes' and\nlines"
  ])
})

test("keeps both versions of what both changed", async () => {
  writeFileSync(onHost("notes.md"), "1")
  await synced(flush)
  writeFileSync(onHost("notes.md"), "h")
  writeFileSync(inWorkspace("notes.md"), "w")
  await synced(flush)
  expectSame()
  expect(Object.values(contents(both.host))).toEqual(["w", "h"])
  expect(await Effect.runPromise(conflicts(both.memory))).toMatchObject([{ path: "notes.md", side: "workspace" }])
})

test("stops when the root there was emptied or is gone", async () => {
  writeFileSync(onHost("a"), "1")
  await synced(flush)
  rmSync(both.workspace, { recursive: true })
  expect(await synced((session) => Effect.flip(flush(session)))).toMatchObject({ reason: "no-root", side: "workspace" })
  mkdirSync(both.workspace)
  expect(await synced((session) => Effect.flip(flush(session)))).toMatchObject({
    reason: "no-token",
    side: "workspace"
  })
  expect(existsSync(onHost("a"))).toBe(true)
  await synced((session) => Effect.zipRight(resume(session, { adopt: true }), flush(session)))
  expectSame()
})

test("does not write through a link that is put in a folder's place there", async () => {
  const outside = join(both.folder, "outside")
  mkdirSync(outside)
  mkdirSync(onHost("folder"))
  writeFileSync(onHost("folder/file"), "1")
  await synced(flush)
  writeFileSync(onHost("folder/file"), "2")
  await synced((session) => {
    const { workspace } = session
    // At the last moment: after the scan.
    const swapped = Effect.sync(() => {
      if (!existsSync(inWorkspace("away"))) {
        renameSync(inWorkspace("folder"), join(both.folder, "away"))
        symlinkSync(outside, inWorkspace("folder"))
      }
    })
    let isDone = false
    const putFile: typeof workspace.putFile = (target) => {
      if (isDone) return workspace.putFile(target)
      isDone = true
      return Effect.zipRight(swapped, workspace.putFile(target))
    }
    return flush({ ...session, workspace: { ...workspace, putFile } })
  })
  expectSame()
  expect(contents(outside)).toEqual({})
})

test(
  "whatever is done on both sides and wherever rounds are cut, both become the same and nothing is lost",
  { timeout: 300_000 },
  () =>
    at.connected((connection) =>
      Effect.scoped(
        Effect.flatMap(connection.sftp, (sftp) =>
          Effect.promise(() =>
            fc.assert(
              fc.asyncProperty(operations, (given) =>
                holds(
                  given,
                  ({ workspace }) =>
                    (side) =>
                      side.side === "host" ? side : SftpSide.make("workspace", sftp, workspace)
                )
              ),
              { numRuns: Number(process.env["SYNC_RUNS"] ?? 10) }
            )
          )
        )
      )
    )
)
