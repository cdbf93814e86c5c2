/** Images that are built from a worktree: from which folder, up to which stage, with what, and what is refused. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import type { Backend, Order } from "../../../src/app/ports/Backend.ts"
import type { Image } from "../../../src/domain/workspace/Spec.ts"
import { Bench, failureOf, newWorkspace, ok } from "./bench.ts"

let bench: Bench
let backend: Backend
beforeAll(() => {
  backend = dockerBackend(`log-${newWorkspace()}`)
  bench = new Bench(backend)
})
afterAll(() => bench.close())

const silent = () => undefined

const ordered = (
  image: Omit<Extract<Image, { kind: "dockerfile" }>, "kind">,
  files: Readonly<Record<string, string>>
): Order => {
  const order = bench.order({ image: { kind: "dockerfile", ...image } })
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(order.folder, path)), { recursive: true })
    writeFileSync(join(order.folder, path), content)
  }
  return order
}

const running = async (order: Order): Promise<Order> => {
  await ok(backend.create(order, silent))
  await ok(backend.start(order.workspace, {}))
  return order
}

describe("a Dockerfile", () => {
  test("is built from its context, up to its target, with its arguments", async () => {
    const order = await running(
      ordered(
        { path: ".devcontainer/Dockerfile", context: "app", target: "wanted", arguments: { WORDS: 'it\'s "$HOME"' } },
        {
          ".devcontainer/Dockerfile":
            "FROM nexus-base:1 AS wanted\nARG WORDS\nENV WORDS=$WORDS\nCOPY . /app\nFROM wanted\nRUN false\n",
          "app/file": "of the app",
          "app/left-out": "x",
          "app/kept/out": "y",
          "app/.dockerignore": "left-*\nkept\n!kept/out\n",
          other: "not sent"
        }
      )
    )
    const seen = await bench.shell(order, 'printf "%s " "$WORDS"; cd /app && find . -type f | sort | xargs')
    expect(seen.stdout).toBe('it\'s "$HOME" ./file ./kept/out\n')
  })

  test("of another folder is not among what is copied; links in the context stay links", async () => {
    const order = ordered(
      { path: "Dockerfile", context: "app" },
      { Dockerfile: "FROM nexus-base:1\nCOPY . /app\n", "app/x": "x" }
    )
    symlinkSync("/etc/passwd", join(order.folder, "app/link"))
    await running(order)
    expect((await bench.shell(order, "ls -A /app; readlink /app/link")).stdout).toBe("link\nx\n/etc/passwd\n")
  })

  test("that is ignored itself is there all the same", async () => {
    const order = ordered(
      { path: "Dockerfile" },
      { Dockerfile: "FROM nexus-base:1\nCOPY . /app\n", ".dockerignore": "*\n" }
    )
    await running(order)
    expect((await bench.shell(order, "ls -A /app")).stdout).toBe("")
  })

  test("or a context that leads out of the worktree is refused, by a link too", async () => {
    writeFileSync(join(bench.folder, "Dockerfile"), "FROM nexus-base:1\n")
    const linked = ordered({ path: "Dockerfile", context: "away" }, { Dockerfile: "FROM nexus-base:1\n" })
    symlinkSync("/etc", join(linked.folder, "away"))
    symlinkSync("../Dockerfile", join(linked.folder, "Linked"))
    const as = (image: Partial<Image>): Order =>
      ({ ...linked, spec: { ...linked.spec, image: { ...linked.spec.image, ...image } } }) as Order
    for (const order of [
      linked,
      as({ context: ".." }),
      as({ context: "no-such" }),
      as({ context: "Dockerfile" }),
      as({ path: "Linked", context: "." }),
      as({ path: "../Dockerfile", context: "." }),
      as({ path: "/etc/passwd", context: "." })
    ])
      expect(await failureOf(backend.create(order, silent))).toMatchObject({ kind: "refused" })
  })

  test("that fails says what the engine said, and one for BuildKit what to do", async () => {
    const broken = ordered({ path: "Dockerfile" }, { Dockerfile: "FROM nexus-base:1\nRUN exit 7\n" })
    expect((await failureOf(backend.create(broken, silent))).message).toMatch(/exit 7.*returned a non-zero code: 7/)
    const modern = ordered(
      { path: "Dockerfile" },
      { Dockerfile: "FROM nexus-base:1\nRUN --mount=type=cache,target=/x true\n" }
    )
    expect((await failureOf(backend.create(modern, silent))).message).toMatch(/BuildKit.*--image NAME/)
  })
})

describe("an account of the image", () => {
  const image = "nexus-test-account:1"
  beforeAll(() => {
    const input =
      "FROM nexus-base:1\nRUN useradd --create-home --uid 1234 coder && echo 'export OWN=1' > /home/coder/.profile && chown coder /home/coder/.profile\n"
    execFileSync("docker", ["build", "--quiet", "--tag", image, "-"], { input, stdio: ["pipe", "ignore", "ignore"] })
  }, 60_000)
  afterAll(() => execFileSync("docker", ["rmi", "-f", image], { stdio: "ignore" }))
  const named = { image: { kind: "named", name: image } } as const

  test("lends commands its name, home and shell, and what they write belongs to the worktree's owner", async () => {
    const order = await bench.running({ ...named, user: "coder" })
    const look = 'id -un; id -u; echo "$HOME $USER"; touch file "$HOME/own"; stat -c %u file "$HOME/.profile"'
    const { uid } = bench.owner
    const expected = `coder\n${uid}\n/home/coder coder\n${uid}\n${uid}\n`
    expect((await bench.shell(order, look)).stdout).toBe(expected)
    expect((await bench.shell(order, look, { user: "coder" })).stdout).toBe(expected)
    await ok(backend.stop(order.workspace, 1000))
    await ok(backend.start(order.workspace, {}))
    expect((await bench.shell(order, look)).stdout).toBe(expected)
    expect((await bench.shell(order, "echo $HOME", { user: "root", cwd: "/" })).stdout).toBe("/root\n")
  })

  test("that the image has not is named", async () => {
    const order = bench.order({ ...named, user: "nobody-such" })
    await ok(backend.create(order, silent))
    const failure = await failureOf(backend.start(order.workspace, {}))
    expect(failure).toMatchObject({ kind: "refused" })
    expect(failure.message).toContain("The image has no user nobody-such.")
  })
})

test("a volume in the worktree is the owner's, wherever the worktree is", async () => {
  const order = await bench.running({ volumes: [{ name: "modules", path: "deep/node_modules" }] })
  await bench.shell(order, "touch deep/node_modules/x")
  expect(
    (await bench.shell(order, "stat -c '%u %n' deep deep/node_modules/x; mount | grep -c node_modules")).stdout
  ).toBe(`${bench.owner.uid} deep\n${bench.owner.uid} deep/node_modules/x\n1\n`)
})

test("a volume where a link is in the worktree is refused, and nothing is made where it leads", async () => {
  const order = bench.order({ volumes: [{ name: "modules", path: "link/modules" }] })
  mkdirSync(join(bench.folder, "elsewhere"))
  symlinkSync(join(bench.folder, "elsewhere"), join(order.folder, "link"))
  expect(await failureOf(backend.create(order, silent))).toMatchObject({ kind: "refused" })
  expect(existsSync(join(bench.folder, "elsewhere/modules"))).toBe(false)
})
