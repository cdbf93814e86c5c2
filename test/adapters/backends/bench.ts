/** One backend under test: workspaces of its own log, made in folders of their own, and all removed in the end. */
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Readable, Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Backend, BackendFailure, Ended, Execution, Order } from "../../../src/app/ports/Backend.ts"
import type { StepId, WorkspaceId, WorkspaceName } from "../../../src/domain/workspace/Ids.ts"
import type { Spec } from "../../../src/domain/workspace/Spec.ts"

export const newWorkspace = (): WorkspaceId => `ws_${randomBytes(8).toString("hex")}` as WorkspaceId
export const newStep = (): StepId => `st_${randomBytes(8).toString("hex")}` as StepId

export const ok = <A>(effect: Effect.Effect<A, BackendFailure>): Promise<A> => Effect.runPromise(effect)

/** What it fails with. */
export const failureOf = async <A>(effect: Effect.Effect<A, BackendFailure>): Promise<BackendFailure> => {
  const result = await Effect.runPromise(Effect.either(effect))
  if (Either.isLeft(result)) return result.left
  throw new Error(`It did not fail: ${JSON.stringify(result.right)}`)
}

/** A port of this machine that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer()
    server.once("error", failed)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

export interface Ran extends Ended {
  readonly stdout: string
  readonly stderr: string
}

export class Bench {
  readonly backend: Backend
  readonly folder = mkdtempSync(join(tmpdir(), "nexus-backend-"))
  /** Not root where that can be chosen: what runs inside must not need it. What does not isolate runs as whoever asks. */
  readonly owner: { readonly uid: number; readonly gid: number }
  readonly #made = new Set<WorkspaceId>()

  constructor(backend: Backend) {
    this.backend = backend
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    this.owner = uid === 0 && backend.isolates ? { uid: 4321, gid: 4321 } : { uid, gid }
    for (const name of ["host", "user"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(this.folder, name)])
    }
  }

  /** An order for a new workspace, whose worktree is an empty folder of the owner's. */
  order(spec: Partial<Spec> = {}, more: Partial<Order> = {}): Order {
    const workspace = newWorkspace()
    const folder = join(this.folder, workspace)
    mkdirSync(folder)
    chownSync(folder, this.owner.uid, this.owner.gid)
    const inside = this.backend.isolates ? "/workspace" : folder
    this.#made.add(workspace)
    return {
      workspace,
      step: newStep(),
      name: "contract" as WorkspaceName,
      spec: {
        backend: this.backend.name,
        image: { kind: "base" },
        limits: {},
        services: [],
        volumes: [],
        variables: {},
        network: "own",
        nested: false,
        ...spec
      },
      folder,
      own: join(this.folder, `${workspace}-own`),
      inside,
      mounts: [{ from: folder, to: inside, writable: true }],
      ports: [],
      authorizedKeys: [readFileSync(join(this.folder, "user.pub"), "utf8").trim()],
      hostKey: readFileSync(join(this.folder, "host"), "utf8"),
      owner: this.owner,
      ...more
    }
  }

  async running(
    spec: Partial<Spec> = {},
    more: Partial<Order> = {},
    variables: Readonly<Record<string, string>> = {}
  ): Promise<Order> {
    const order = this.order(spec, more)
    await ok(this.backend.create(order, () => undefined))
    await ok(this.backend.start(order.workspace, variables))
    return order
  }

  /** Runs a command to its end, with all of its output. */
  async run(
    { workspace }: { readonly workspace: WorkspaceId },
    command: Execution["command"],
    options: Partial<Execution> & { readonly stdin?: Readable } = {}
  ): Promise<Ran> {
    const [stdout, stderr] = [gathering(), gathering()]
    const ended = await ok(
      this.backend.execute(workspace, { command, stdout: stdout.stream, stderr: stderr.stream, ...options })
    )
    return { ...ended, stdout: stdout.read(), stderr: stderr.read() }
  }

  shell(order: { readonly workspace: WorkspaceId }, script: string, options: Partial<Execution> = {}): Promise<Ran> {
    return this.run(order, ["sh", "-c", script], options)
  }

  async close(): Promise<void> {
    for (const workspace of this.#made) await ok(this.backend.remove(workspace, { volumes: true }))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A stream that keeps what is written to it. */
export const gathering = (): { readonly stream: Writable; readonly read: () => string } => {
  const chunks: Array<Buffer> = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      done()
    }
  })
  return { stream, read: () => Buffer.concat(chunks).toString("utf8") }
}
