import * as Either from "effect/Either"
import { describe, expect, test } from "vitest"
import { begin, evolve, legal, type Status } from "../../../src/domain/workspace/Workspace.ts"
import type { Operation } from "../../../src/domain/workspace/WorkspaceEvents.ts"
import { after, done, holder, inState, requested, started, step, stepId, ways, workspace } from "./facts.ts"

const states = Object.keys(ways) as ReadonlyArray<Status>
const operations: ReadonlyArray<Operation> = [
  "create",
  "start",
  "stop",
  "pause",
  "resume",
  "checkpoint",
  "restore",
  "delete",
  "repair"
]
const pairs = states.flatMap((status) => operations.map((operation) => ({ status, operation })))

const ask = (operation: Operation, held = false) =>
  ({ operation, kind: "start", step: stepId(9), holder: { pid: 99, boot: "b" }, held }) as const

describe("a workspace's states", () => {
  test.each(states)("%s is reached by the facts that lead there", (status) => {
    expect(inState(status).status).toBe(status)
  })

  test.each(pairs.filter(({ status, operation }) => legal[status].includes(operation)))(
    "$status: $operation may begin, as one step that names who does it",
    ({ status, operation }) => {
      expect(begin(inState(status), ask(operation))).toStrictEqual(
        Either.right([
          {
            type: "WorkspaceStepRequested",
            payload: { workspace, step: stepId(9), kind: "start", operation, holder: { pid: 99, boot: "b" } }
          }
        ])
      )
    }
  )

  test.each(pairs.filter(({ status, operation }) => !legal[status].includes(operation)))(
    "$status: $operation is refused, and what is possible is named",
    ({ status, operation }) => {
      const refused = Either.getOrThrow(Either.flip(begin(inState(status), ask(operation))))
      expect(refused.reason).toContain(`feat is ${status}`)
      for (const possible of legal[status].filter((one) => one !== "create"))
        expect(refused.hint).toMatch(new RegExp(`nexus workspace (checkpoint )?${possible}`))
      expect(refused.hint).toMatch(/nexus workspace/)
    }
  )

  test("the reason of a failure is part of every refusal", () => {
    const refused = Either.getOrThrow(Either.flip(begin(inState("failed"), ask("start"))))
    expect(refused.reason).toContain("the disk is full")
  })

  test("every state but the last can be left for good, and put right", () => {
    for (const status of states.filter((one) => one !== "deleted"))
      expect(legal[status]).toEqual(expect.arrayContaining(["delete", "repair"]))
    expect(legal.deleted).toEqual([])
  })
})

describe("two processes", () => {
  const busy = after(...ways.running, step("stop", 2))

  test("are not at work on one workspace: the second is told who is, and at what", () => {
    for (const operation of operations) {
      const refused = Either.getOrThrow(Either.flip(begin(busy, ask(operation, true))))
      expect(refused.reason).toContain(String(holder.pid))
      expect(refused.reason).toContain("stop")
    }
  })

  test("one after the other that crashed: repair, delete and the same again may begin, and end the old step", () => {
    for (const operation of ["repair", "delete", "stop"] as const) {
      const facts = Either.getOrThrow(begin(busy, ask(operation)))
      expect(facts.map(({ type }) => type)).toEqual(["WorkspaceStepFailed", "WorkspaceStepRequested"])
      expect(facts[0]?.payload).toMatchObject({ step: stepId(2) })
    }
  })

  test("anything else after a crash is sent to repair", () => {
    const refused = Either.getOrThrow(Either.flip(begin(busy, ask("checkpoint"))))
    expect(refused.hint).toContain("nexus workspace repair feat")
  })
})

describe("facts", () => {
  test("before the workspace was asked for mean nothing", () => {
    expect(evolve(undefined, started)).toBeUndefined()
  })

  test("end the step that they name, and no other", () => {
    const busy = after(requested, step("create", 5))
    expect(evolve(busy, done(4))?.pending?.step).toBe(stepId(5))
    expect(evolve(busy, done(5))?.pending).toBeNull()
    const failed = { type: "WorkspaceStepFailed", payload: { workspace, step: stepId(5), reason: "x" } } as const
    expect(evolve(busy, failed)?.pending).toBeNull()
  })

  test("of a workspace that runs again take its failure and its stop away", () => {
    expect(evolve(inState("failed"), started)).toMatchObject({ status: "running", failure: null, stoppedFor: null })
    expect(evolve(inState("stopped"), started)).toMatchObject({ status: "running", stoppedFor: null })
  })

  test("about ports keep one for each service until it is released or the workspace deleted", () => {
    const port = { workspace, service: "web", host: "127.0.0.1", hostPort: 32_800, port: 80, protocol: "tcp" } as const
    const with_ = after(...ways.running, { type: "WorkspacePortReserved", payload: port })
    expect(with_.ports.map(({ hostPort }) => hostPort)).toEqual([32_800])
    const moved = evolve(with_, {
      type: "WorkspacePortMoved",
      payload: { workspace, service: "web", from: 32_800, to: 32_805, reason: "taken" }
    })
    expect(moved?.ports).toMatchObject([{ service: "web", hostPort: 32_805, port: 80 }])
    const again = evolve(moved, { type: "WorkspacePortReserved", payload: { ...port, hostPort: 32_806 } })
    expect(again?.ports).toMatchObject([{ hostPort: 32_806 }])
    expect(evolve(again, { type: "WorkspacePortReleased", payload: { workspace, service: "web" } })?.ports).toEqual([])
    expect(evolve(again, { type: "WorkspaceDeleted", payload: { workspace, commit: null } })).toMatchObject({
      ports: [],
      pending: null
    })
  })

  test("about its key and its branch are remembered", () => {
    const publicKey = "ssh-ed25519 AAAA nexus"
    const made = after(...ways.running, {
      type: "WorkspaceHostKeyMade",
      payload: { workspace, publicKey, fingerprint: "SHA256:x" }
    })
    expect(made.hostKey).toBe(publicKey)
    expect(evolve(made, { type: "WorkspacePromoted", payload: { workspace, branch: "feat" } })?.branch).toBe("feat")
  })
})
