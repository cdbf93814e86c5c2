/** 9 to 14: text that is re-laid or put into another order, with nobody writing anything new. */
import { opus } from "../Agent.ts"
import { by, type Line } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

scenario(9, "a formatter indents before the commit", async (stage) => {
  stage.write("f.py", "def main():\n  print('hello')\n")
  stage.commit("Hello")
  const claude = await stage.agent(opus)
  await claude.edit("f.py", "  print('hello')\n", "  print('hello')\n  for n in range(3):\n    print(n)\n")
  stage.run("sed -i 's/^  */&&/' f.py")
  const lines = [
    ...by("H", "def main():", "    print('hello')"),
    ...by(claude, "    for n in range(3):", "        print(n)")
  ]
  await stage.expect("f.py", lines)
  stage.commit("Count")
  await stage.expect("f.py", lines, { of: { revision: "HEAD" } })
})

const draft = [
  "const names = ['ada', 'grace', 'linus', 'margaret', 'barbara', 'edsger', 'donald', 'alan', 'radia', 'ken']",
  "export const greet = (name) => { return 'Hello ' + name }",
  ""
].join("\n")

scenario(10, "a formatter wraps lines and changes quotes", async (stage) => {
  stage.write("f.ts", "import { say } from './say'\n")
  stage.commit("Say")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "import { say } from './say'\n", `import { say } from './say'\n${draft}`)
  stage.run("oxfmt f.ts")
  const re: Line[2] = { transformedBy: true }
  const names = ["ada", "grace", "linus", "margaret", "barbara", "edsger", "donald", "alan", "radia", "ken"]
  const lines: ReadonlyArray<Line> = [
    ['import { say } from "./say";', "H", re],
    ["const names = [", claude, re],
    ...names.map((name): Line => [`  "${name}",`, claude, re]),
    ["];", claude, re],
    ["export const greet = (name) => {", claude, re],
    ['  return "Hello " + name;', claude, re],
    ["};", claude, re]
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Greet")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(11, "a formatter in a later commit", async (stage) => {
  stage.write("f.ts", "const owner = 'ada'\n")
  stage.commit("Owner")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "const owner = 'ada'\n", "const owner = 'ada'\nconst pair = {a:1,b:'two'}\nsave(pair)\n")
  stage.commit("Pair")
  await stage.expect("f.ts", [
    ...by("H", "const owner = 'ada'"),
    ...by(claude, "const pair = {a:1,b:'two'}", "save(pair)")
  ])
  stage.run("oxfmt f.ts")
  const format = stage.commit("Format")
  const lines: ReadonlyArray<Line> = [
    ['const owner = "ada";', "H", { transformedBy: true }],
    ['const pair = { a: 1, b: "two" };', claude, { transformedBy: true }],
    ["save(pair);", claude, { transformedBy: true }]
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: format } })
})

scenario(12, "an agent runs a formatter over a person's file", async (stage) => {
  stage.write("f.ts", "const a = {x:1}\nexport const greet = (name) => { return 'Hello ' + name }\nlog(a);\n")
  stage.commit("Mine")
  const claude = await stage.agent(opus)
  await claude.bash("oxfmt f.ts")
  const lines: ReadonlyArray<Line> = [
    ["const a = { x: 1 };", "H | M", { transformedBy: "oxfmt" }],
    ["export const greet = (name) => {", "H | M"],
    ['  return "Hello " + name;', "H | M"],
    ["};", "H | M"],
    ["log(a);", "H"]
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Formatted")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(
  13,
  "format on save right after an agent's write, while the editor says that a person saved",
  async (stage) => {
    const claude = await stage.agent(opus)
    await claude.write("f.ts", "export const pair = {a:1,b:'two'}\n")
    stage.run("oxfmt f.ts")
    await stage.editorSaved("f.ts")
    const lines = by(claude, 'export const pair = { a: 1, b: "two" };')
    await stage.expect("f.ts", lines)
    stage.commit("Pair")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)

scenario(14, "an import sorter moves AI lines and a person's", async (stage) => {
  stage.write("f.ts", "import { zone } from './zone'\nimport { clock } from './clock'\n\nrun(zone, clock)\n")
  stage.commit("Clock")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.ts",
    "import { clock } from './clock'\n",
    "import { clock } from './clock'\nimport { alarm } from './alarm'\nimport { snooze } from './snooze'\n"
  )
  await stage.expect("f.ts", [
    ...by("H", "import { zone } from './zone'", "import { clock } from './clock'"),
    ...by(claude, "import { alarm } from './alarm'", "import { snooze } from './snooze'"),
    ...by("H", "", "run(zone, clock)")
  ])
  stage.run("(head -4 f.ts | sort; tail -n +5 f.ts) > sorted && mv sorted f.ts")
  const lines = [
    ...by(claude, "import { alarm } from './alarm'"),
    ...by("H", "import { clock } from './clock'"),
    ...by(claude, "import { snooze } from './snooze'"),
    ...by("H", "import { zone } from './zone'", "", "run(zone, clock)")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Sorted")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})
