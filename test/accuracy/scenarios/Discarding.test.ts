/** 41, 42, 47, 70, 71: what was written and did not stay. */
import { opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

const base = "import { read } from './disk'\nconst size = 512\nexport default read(size)\n"

scenario(41, "after reset --hard a person types where the agent had: theirs", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "const size = 512\n", "if (process.argv.length < 3) usage()\nawait warmUp(cache)\n")
  stage.git("reset", "--quiet", "--hard")
  stage.change("f.ts", "const size = 512\n", "const size = 512\nlog('reading blocks')\n// sizes are in bytes\n")
  const lines = by(
    "H",
    "import { read } from './disk'",
    "const size = 512",
    "log('reading blocks')",
    "// sizes are in bytes",
    "export default read(size)"
  )
  await stage.expect("f.ts", lines)
  stage.commit("Log")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(41, "after reset --hard to before the agent's commit a person types there: theirs", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "export default", "await warmUp(cache)\nexport default")
  const dropped = stage.commit("Warm up")
  stage.git("reset", "--quiet", "--hard", "HEAD~1")
  stage.change("f.ts", "export default", "log('reading blocks')\nexport default")
  const lines = by(
    "H",
    "import { read } from './disk'",
    "const size = 512",
    "log('reading blocks')",
    "export default read(size)"
  )
  stage.commit("Log")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  // The commit that was dropped is still what it was.
  await stage.expect(
    "f.ts",
    [
      ...by("H", "import { read } from './disk'", "const size = 512"),
      ["await warmUp(cache)", claude],
      ...by("H", "export default read(size)")
    ],
    { of: { revision: dropped } }
  )
})

const discards: ReadonlyArray<readonly [name: string, commands: ReadonlyArray<ReadonlyArray<string>>]> = [
  ["checkout --", [["checkout", "--quiet", "--", "f.ts"]]],
  ["restore", [["restore", "f.ts"]]],
  [
    "restore --staged --worktree",
    [
      ["add", "f.ts"],
      ["restore", "--staged", "--worktree", "f.ts"]
    ]
  ]
]

for (const [name, commands] of discards) {
  scenario(42, `an agent's edit that ${name} discards: everything is the person's again`, async (stage) => {
    stage.write("f.ts", base)
    stage.commit("Read")
    const claude = await stage.agent(opus)
    await claude.edit("f.ts", "const size = 512\n", "if (process.argv.length < 3) usage()\nawait warmUp(cache)\n")
    for (const command of commands) stage.git(...command)
    await stage.expect(
      "f.ts",
      by("H", "import { read } from './disk'", "const size = 512", "export default read(size)")
    )
    stage.change("f.ts", "export default", "log('reading blocks')\nexport default")
    stage.commit("Log")
    await stage.expect(
      "f.ts",
      by(
        "H",
        "import { read } from './disk'",
        "const size = 512",
        "log('reading blocks')",
        "export default read(size)"
      ),
      { of: { revision: "HEAD" } }
    )
  })
}

scenario(47, "a deleted file that git brings back has its owners again", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "export default", "await warmUp(cache)\nexport default")
  stage.commit("Warm up")
  stage.git("rm", "--quiet", "f.ts")
  stage.commit("Remove")
  stage.git("checkout", "--quiet", "HEAD~1", "--", "f.ts")
  const lines = [
    ...by("H", "import { read } from './disk'", "const size = 512"),
    ...by(claude, "await warmUp(cache)"),
    ...by("H", "export default read(size)")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Bring back")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(47, "a deleted agent's file that a person writes anew with other content is theirs", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("f.ts", "export const warmUp = async (cache) => {\n  await cache.load()\n}\n")
  stage.commit("Warm up")
  stage.remove("f.ts")
  stage.commit("Remove")
  stage.write("f.ts", "class Disk {\n  blocks = 512\n}\n")
  // The bracket is equal, but it is a file of its own.
  const lines = by("H", "class Disk {", "  blocks = 512", "}")
  await stage.expect("f.ts", lines)
  stage.commit("Disk")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(47, "a deleted agent's file that a person writes anew in the same commit is theirs", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("f.ts", "export const warmUp = async (cache) => {\n  await cache.load()\n}\n")
  stage.commit("Warm up")
  stage.remove("f.ts")
  stage.write("f.ts", "class Disk {\n  blocks = 512\n  read() {\n    return this.blocks\n  }\n}\n")
  stage.commit("Disk")
  // Nobody saw that it was deleted in between, so that its last bracket may be the one that was there.
  await stage.expect(
    "f.ts",
    [
      ...by("H", "class Disk {", "  blocks = 512", "  read() {", "    return this.blocks", "  }"),
      ["}", "H | A s1 claude-opus-4-5"]
    ],
    { of: { revision: "HEAD" } }
  )
})

scenario(70, "an edit that failed, one that was only staged, one that was undone: no claim", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  const path = `${stage.cwd}/f.ts`
  await claude.fails("Edit", { file_path: path, old_string: "const size = 5", new_string: "await warmUp(cache)" })
  await claude.fails("Write", { file_path: path, content: "await warmUp(cache)\n" })
  await claude.edit("f.ts", "const size = 512\n", "await warmUp(cache)\n", { response: { staged: true } })
  await claude.write("new.ts", "await warmUp(cache)\n", { staged: true })
  const lines = by("H", "import { read } from './disk'", "const size = 512", "export default read(size)")
  await stage.expect("f.ts", lines)

  // What the agent was refused, a person types later. It is not the agent's.
  stage.write("new.ts", "const blocks = new Map()\n")
  await stage.expect("new.ts", by("H", "const blocks = new Map()"))

  // The person undoes an edit in the editor.
  await claude.edit("f.ts", "const size = 512\n", "if (process.argv.length < 3) usage()\nawait warmUp(cache)\n")
  stage.write("f.ts", base)
  await stage.expect("f.ts", lines)
  stage.change("f.ts", "export default", "log('reading blocks')\nexport default")
  stage.commit("Log")
  await stage.expect(
    "f.ts",
    by("H", "import { read } from './disk'", "const size = 512", "log('reading blocks')", "export default read(size)"),
    { of: { revision: "HEAD" } }
  )
})

scenario(70, "a failed edit that is tried again counts once", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.fails("Edit", {
    file_path: `${stage.cwd}/f.ts`,
    old_string: "export default",
    new_string: "await warmUp(cache)\nexport default"
  })
  await claude.edit("f.ts", "export default", "await warmUp(cache)\nexport default")
  await stage.expect("f.ts", [
    ...by("H", "import { read } from './disk'", "const size = 512"),
    ...by(claude, "await warmUp(cache)"),
    ...by("H", "export default read(size)")
  ])
})

scenario(71, "a rewind gives lines back to those who had them", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const other = await stage.agent(sonnet)
  await other.edit("f.ts", "export default", "await warmUp(cache)\nexport default")
  const claude = await stage.agent(opus)
  await claude.prompt("Check the arguments")
  await claude.edit("f.ts", "const size = 512\n", "const size = 512\nif (process.argv.length < 3) usage()\n")
  const checkpoint = stage.read("f.ts")
  await claude.prompt("Rewrite it")
  await claude.write("f.ts", "import { blocks } from './blocks'\nfor await (const block of blocks) print(block)\n")
  await claude.edit("f.ts", "print(block)", "print(block, { colour: true })")
  // /rewind: the client puts the files back as they were at the prompt, and no hook tells of it.
  stage.write("f.ts", checkpoint)
  const lines = [
    ...by("H", "import { read } from './disk'", "const size = 512"),
    ...by(claude, "if (process.argv.length < 3) usage()"),
    ...by(other, "await warmUp(cache)"),
    ...by("H", "export default read(size)")
  ]
  await stage.expect("f.ts", lines)

  // The conversation goes on from there.
  await claude.prompt("Close the disk")
  await claude.edit("f.ts", "export default read(size)\n", "export default read(size)\nprocess.on('exit', close)\n")
  const longer = [...lines, ...by(claude, "process.on('exit', close)")]
  await stage.expect("f.ts", longer)
  stage.commit("Arguments")
  await stage.expect("f.ts", longer, { of: { revision: "HEAD" } })
})

scenario(71, "a rewind to before the agent's first edit leaves the person's file", async (stage) => {
  stage.write("f.ts", base)
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "const size = 512\n", "if (process.argv.length < 3) usage()\nawait warmUp(cache)\n")
  stage.write("f.ts", base)
  stage.change("f.ts", "512", "4096")
  await stage.expect("f.ts", by("H", "import { read } from './disk'", "const size = 4096", "export default read(size)"))
})
