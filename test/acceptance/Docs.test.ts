/** The documents promise only what the program does: their commands run, and every command and option in them exists. */
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { newWorld, program, put, type Ran, type World } from "../support/cli.ts"
import { documents, type Mention, mentions, script, textOf } from "../support/documents.ts"

/** One shell for all blocks of a document, which ends at the first command that fails. */
const runBlocks = async (markdown: string): Promise<Ran> => {
  using world = newWorld()
  const bin = join(world.root, "bin")
  put(join(bin, "nexus"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await world.sh(`chmod +x '${bin}/nexus'`)
  return await world.run("sh", ["-ex"], {
    cwd: world.repository(),
    // What an example keeps for the reader to look at goes with the world.
    env: { PATH: `${bin}:${process.env["PATH"]}`, TMPDIR: world.root },
    stdin: script(markdown)
  })
}

let world: World
/** The options of every command, by its words; "" has those of all. */
let known: ReadonlyMap<string, ReadonlySet<string>>

beforeAll(async () => {
  world = newWorld()
  known = await options()
})
afterAll(() => world[Symbol.dispose]())

/** The help of all has each command on a line with its options; a command of commands has those of its own. */
const options = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const { stdout } = await world.nexus(["--help"])
  const found = new Map([["", new Set(["--version", "--help", "-h", "--json", "--home"])]])
  for (const [, words = "", rest = ""] of stdout.matchAll(
    /^ {2}- ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)*)(.*)$/gm
  )) {
    const own = Array.from(rest.matchAll(/(?<![\w-])--?[a-z][a-z-]*/g), ([option]) => option)
    // The library repeats the first word of a command of three.
    const path = words.split(" ").filter((word, index, all) => word !== all[index - 1])
    for (let length = 0; length <= path.length; length++) {
      const known = found.get(path.slice(0, length).join(" ")) ?? new Set(["--help", "-h", "--json", "--home"])
      found.set(path.slice(0, length).join(" "), new Set([...known, ...own]))
    }
  }
  return found
}

/** What is wrong with a mention; undefined when the program has it. */
const complaint = ({ words, options: used, text }: Mention): string | undefined => {
  const [first = "", second = ""] = words
  const command = [`${first} ${second}`, first].find((one) => known.has(one))
  if (command === undefined) return `${text}: there is no command ${words.join(" ")}`
  const group = [...known.keys()].some((one) => one.startsWith(`${first} `))
  if (group && second !== "" && command === first) return `${text}: there is no command ${first} ${second}`
  const missing = used.filter((option) => known.get(command)?.has(option) !== true)
  return missing.length === 0 ? undefined : `${text}: there is no option ${missing.join(", ")}`
}

const complaints = (markdown: string) => mentions(markdown).flatMap((mention) => complaint(mention) ?? [])

describe("the check of the documents", () => {
  it("runs marked blocks only, in order and in one shell", async () => {
    const markdown = "```sh run\nword=kept\nnexus --version\n```\n\n```sh\nexit 9\n```\n\n```sh run\necho $word\n```\n"
    const ran = await runBlocks(markdown)
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\s+kept\n$/)
  })

  it("fails with the first command that fails", async () => {
    const ran = await runBlocks("```sh run\nnexus session show nobody\necho on\n```\n")
    expect(ran).toMatchObject({ exit: 3, stdout: "" })
  })

  it("finds commands and options that do not exist", () => {
    const good =
      "`nexus init --shared`, `--follow`, `nexus projections check sessions`\n```sh\nnexus events --json | head\n```\n"
    expect(complaints(good)).toEqual([])
    expect(mentions(good)).toHaveLength(4)
    for (const bad of [
      "`nexus frob`",
      "`nexus init --frob`",
      "`--frob`",
      "`nexus session list`",
      "```sh\nnexus frob\n```\n"
    ])
      expect([bad, complaints(bad).length]).toEqual([bad, 1])
    expect(complaints("The `nexus-hook` in `~/nexus/bin`, `npm ci --silent`, nexus is; `nexus COMMAND`")).toEqual([])
  })
})

describe("the documents", () => {
  it("have blocks that are run, once there are documents", () => {
    const scripts = documents().map((document) => script(textOf(document)))
    expect(scripts.length === 0 || scripts.some((text) => text !== "")).toBe(true)
  })

  for (const document of documents()) {
    it(`${document}: every marked block runs`, async () => {
      const ran = await runBlocks(textOf(document))
      expect({ document, exit: ran.exit, stderr: ran.exit === 0 ? "" : ran.stderr }).toEqual({
        document,
        exit: 0,
        stderr: ""
      })
    }, 120_000)

    it(`${document}: every command and option of nexus in it exists`, () => {
      expect(complaints(textOf(document))).toEqual([])
    })
  }
})
