import { describe, expect, test } from "vitest"
import { type Cure, driftOf, type Seen } from "../../../src/domain/workspace/Drift.ts"
import type { Workspace } from "../../../src/domain/workspace/Workspace.ts"
import type { DriftKind, Operation } from "../../../src/domain/workspace/WorkspaceEvents.ts"
import { after, inState, step, ways, workspace } from "./facts.ts"

const sound: Seen = {
  environment: "running",
  worktree: "sound",
  movedTo: undefined,
  branch: true,
  on: "nexus/feat",
  diverged: false
}

const found = (at: Workspace, seen: Partial<Seen> = {}, held = false) =>
  driftOf(at, { ...sound, ...seen }, held).map(({ kind, cure }): readonly [DriftKind, Cure] => [kind, cure])

const running = inState("running")

describe("drift", () => {
  test("is none where all is as the log has it", () => {
    expect(found(running)).toEqual([])
    expect(found(inState("stopped"), { environment: "stopped" })).toEqual([])
    expect(found(inState("paused"), { environment: "paused" })).toEqual([])
    expect(found(inState("deleted"), { environment: undefined, worktree: "missing", branch: false })).toEqual([])
  })

  test("is not looked for while a process is at work", () => {
    expect(
      found(after(...ways.running, step("stop", 2)), { environment: undefined, worktree: "missing" }, true)
    ).toEqual([])
  })

  test("is not told of an environment that can't be asked", () => {
    expect(found(running, { environment: "unknown" })).toEqual([])
  })

  test.each<readonly [string, Partial<Seen>, ReadonlyArray<readonly [DriftKind, Cure]>]>([
    ["the folder is gone", { worktree: "missing" }, [["worktree-gone", "mend-worktree"]]],
    ["git forgot the worktree", { worktree: "pruned" }, [["worktree-forgotten", "mend-worktree"]]],
    ["the folder was moved", { worktree: "moved", movedTo: "/b" }, [["worktree-moved", "mend-worktree"]]],
    ["something else is there", { worktree: "foreign", branch: false }, [["worktree-foreign", "none"]]],
    ["the branch is gone", { branch: false }, [["branch-gone", "mend-worktree"]]],
    ["it is on another branch", { on: "other" }, [["branch-foreign", "none"]]],
    ["it is on no branch, as in a rebase", { on: null }, []],
    ["both sides committed", { diverged: true }, [["branch-diverged", "none"]]],
    ["the environment is gone", { environment: undefined }, [["environment-gone", "make-environment"]]],
    ["it stopped", { environment: "stopped" }, [["stopped-outside", "accept-stopped"]]],
    ["it was made and never started", { environment: "created" }, [["environment-gone", "make-environment"]]],
    ["services beside it stopped", { idle: ["db"] }, [["service-stopped", "start-services"]]],
    ["it stopped, and they with it", { environment: "stopped", idle: ["db"] }, [["stopped-outside", "accept-stopped"]]],
    ["it was paused", { environment: "paused" }, [["paused-outside", "accept-paused"]]]
  ])("of one that runs: %s", (_, seen, expected) => {
    expect(found(running, seen)).toEqual(expected)
  })

  test("of one that does not run, and does", () => {
    expect(found(inState("stopped"))).toEqual([["started-outside", "accept-running"]])
    expect(found(inState("paused"))).toEqual([["started-outside", "accept-running"]])
  })

  test("of one that failed is what it came to", () => {
    expect(found(inState("failed"))).toEqual([["started-outside", "accept-running"]])
    expect(found(inState("failed"), { environment: "stopped" })).toEqual([["stopped-outside", "accept-stopped"]])
  })

  test("says what a person can do where it can't be healed", () => {
    for (const seen of [{ worktree: "foreign" }, { on: "other" }, { diverged: true }] as const) {
      const [drift] = driftOf(running, { ...sound, ...seen }, false)
      expect(drift?.detail).toMatch(/nexus workspace repair feat|git -C|refs\/nexus\/host/)
    }
  })
})

describe("a step that was interrupted", () => {
  const gone: Partial<Seen> = { environment: undefined, worktree: "missing", branch: false }

  test("of a creation is undone, and nothing else of it is looked at", () => {
    expect(found(inState("requested"), gone)).toEqual([["step-interrupted", "undo-create"]])
    expect(found(inState("creating"), gone)).toEqual([["step-interrupted", "undo-create"]])
  })

  test("of a deletion is finished, also when it failed since", () => {
    expect(found(inState("deleting"), gone)).toEqual([["step-interrupted", "finish-delete"]])
    const failed = after(...ways.deleting, {
      type: "WorkspaceFailed",
      payload: { workspace, reason: "x", advice: "y" }
    })
    expect(found(failed, gone)).toEqual([["step-interrupted", "finish-delete"]])
  })

  test.each<readonly [Operation, Cure]>([
    ["checkpoint", "abandon-checkpoint"],
    ["restore", "undo-restore"],
    ["start", "none"],
    ["stop", "none"],
    ["pause", "none"],
    ["resume", "none"],
    ["repair", "none"]
  ])("of %s comes before all that differs besides: %s", (operation, cure) => {
    const at = after(...ways.running, step(operation, 2))
    expect(found(at)).toEqual([["step-interrupted", cure]])
    expect(found(at, { worktree: "missing" })).toEqual([
      ["step-interrupted", cure],
      ["worktree-gone", "mend-worktree"]
    ])
  })

  test("of a checkpoint that held its programs lets them go on", () => {
    const at = after(...ways.running, step("checkpoint", 2))
    expect(found(at, { environment: "paused", held: true })).toEqual([
      ["step-interrupted", "abandon-checkpoint"],
      ["paused-outside", "resume"]
    ])
  })
})
