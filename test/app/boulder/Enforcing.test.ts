/** Stops as real clients deliver them, judged on real repositories, and answered. */
import { chmodSync, rmSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { answerHook } from "../../../src/app/boulder/AnswerHook.ts"
import * as Boulder from "../../../src/app/boulder/Boulder.ts"
import { explain, history, simulate } from "../../../src/app/boulder/Decisions.ts"
import { inbox } from "../../../src/app/boulder/Inbox.ts"
import { standings } from "../../../src/app/boulder/Standings.ts"
import * as TaskList from "../../../src/app/boulder/TaskList.ts"
import * as RunGate from "../../../src/app/gates/RunGate.ts"
import { ingest } from "../../../src/app/Ingest.ts"
import * as Replay from "../../../src/app/Replay.ts"
import type { JsonObject } from "../../../src/app/ports/Agent.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { git, repository, type World, world } from "../world.ts"

let at: World
let project = ""
beforeEach(() => {
  at = world()
  project = repository(join(at.root, "shop"), "feat: begin")
  // Its gate is this command alone.
  at.put(
    "shop/.nexus/config.jsonc",
    '{ "gates": { "ci": { "command": "test -f ok" }, "commits": false, "documentation": false } }'
  )
  at.put("shop/.gitignore", ".nexus\n")
})
afterEach(() => at[Symbol.dispose]())

const run = <A, E>(effect: Parameters<typeof at.run<A, E>>[0]): Promise<A> => at.run(effect, project)
const add = (...titles: ReadonlyArray<string>) =>
  run(TaskList.change({ do: "add", drafts: titles.map((title) => ({ title })) }))
const arm = (more: Partial<Boulder.ArmOptions> = {}) =>
  run(Boulder.arm({ scope: "checkout", tasks: [], gates: [], observe: false, ...more }))
const gate = async (name = "ci") =>
  run(Effect.flatMap(RunGate.find(name), (found) => RunGate.judge(found, { again: false })))

/** What the hook of a client prints for a payload. */
const hook = async (agent: string, payload: JsonObject): Promise<any> => {
  const delivered = Date.now()
  const name = at.deliver(payload, agent)
  const printed = await run(Effect.zipRight(ingest(name), answerHook(agent, payload, delivered)))
  return printed === "" ? undefined : JSON.parse(printed)
}
const claude = (event: string, more: JsonObject = {}, session = "one") =>
  hook("claude", {
    session_id: session,
    transcript_path: join(at.root, "none.jsonl"),
    cwd: project,
    hook_event_name: event,
    ...more
  })
let calls = 0
const call = (command = "ls") => {
  const tool = { tool_name: "Bash", tool_input: { command }, tool_use_id: `call-${++calls}` }
  return claude("PreToolUse", tool).then(() => claude("PostToolUse", { ...tool, tool_response: {} }))
}
const stop = (more: JsonObject = {}, session = "one") =>
  claude("Stop", { stop_hook_active: false, last_assistant_message: `Said ${++calls}.`, ...more }, session)
const decisions = async () =>
  (await run(history({ limit: 100 }))).map(({ verdict, rule }) => `${verdict}: ${rule}`).reverse()
const waiting = async () => (await run(inbox({ all: false }))).map(({ kind, subject }) => `${kind} ${subject}`)

describe("an agent that wants to stop", () => {
  it("is told nothing where no run is armed, and no decision is recorded", async () => {
    await add("Write the parser")
    expect(await stop()).toBeUndefined()
    expect(await at.ofType("StopDecided")).toEqual([])
  })

  it("is held to its tasks and gates, one step at a time, until all is done", async () => {
    await add("Write the parser", "Test the parser")
    await arm()
    const told = async () => (await stop())?.hookSpecificOutput?.additionalContext as string
    expect(await told()).toMatch(/^\[nexus R-1 1\/25\] 2 tasks open\. Next: T-1 "Write the parser"\. Begin it: /)
    await call()
    at.put("shop/parser.js", "export {}\n")
    await run(TaskList.change({ do: "complete", task: "T-1", passed: [] }))
    expect(await told()).toContain('Next: T-2 "Test the parser"')
    await call()
    await run(TaskList.change({ do: "complete", task: "T-2", passed: [] }))
    expect(await told()).toContain("Next: run the gate ci:")
    await gate()
    await call()
    expect(await told()).toContain("Next: mend what the gate ci found")
    at.put("shop/ok", "")
    await gate()
    await call()
    expect(await stop()).toEqual({
      systemMessage: "[nexus R-1] 2 tasks done, every gate is green on the files as they are."
    })
    expect(await decisions()).toEqual([...Array<string>(4).fill("continue: work is left"), "allow: work is done"])
    expect(await at.ofType("ContinuationConfirmed")).toHaveLength(4)
    // The run is over: nobody is held any more.
    await add("Another")
    expect(await stop()).toBeUndefined()
    const { decisions: again } = await run(Replay.proof())
    expect(again).toEqual({ checked: 5, different: [] })
  })

  it("is let go for a person after three stops without a tool call, and told so once", async () => {
    await add("Write the parser")
    await arm()
    expect((await stop()).hookSpecificOutput).toBeDefined()
    expect(await stop()).toMatchObject({ decision: "block" })
    expect((await stop()).systemMessage).toMatch(
      /Stopped for a person: It stopped 3 times in a row without calling a tool/
    )
    expect(await stop()).toBeUndefined()
    expect(await waiting()).toEqual(["escalation R-1"])
    await run(Boulder.resume)
    expect(await waiting()).toEqual([])
    expect((await stop()).hookSpecificOutput).toBeDefined()
  })

  it("is let go when useless calls change nothing that counts", async () => {
    await add("Write the parser")
    await arm()
    for (const _ of [1, 2, 3]) {
      await call("true")
      await stop()
    }
    expect(await decisions()).toEqual(["continue: work is left", "continue: work is left", "escalate: no progress"])
  })

  it("is let go when a gate fails three times with the same words, with the end of them in between", async () => {
    const command = "echo wrong on line $(wc -l < log); exit 1"
    at.put(
      "shop/.nexus/config.jsonc",
      JSON.stringify({ gates: { ci: { command }, commits: false, documentation: false } })
    )
    at.put("shop/log", "")
    await arm()
    const texts: Array<string> = []
    for (const lines of ["1\n", "1\n2\n", "1\n2\n3\n"]) {
      at.put("shop/log", lines)
      await call()
      await gate()
      const answer = await stop()
      texts.push(answer.hookSpecificOutput?.additionalContext ?? answer.reason ?? answer.systemMessage)
    }
    expect(texts[0]).toContain("wrong on line 1")
    expect(texts[2]).toContain("ci failed 3 times in a row with the same words")
  })

  it("is told which commit is not as it should be, until it is; what was there before is nobody's fault", async () => {
    const gates = { ci: { command: "true" }, commits: { conventional: true }, documentation: false }
    at.put("shop/.nexus/config.jsonc", JSON.stringify({ gates }))
    at.put("shop/mine.txt", "a person's, not committed yet\n")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "wip of long ago")
    await arm()
    at.put("shop/parser.js", "export {}\n")
    await gate()
    git(project, "add", "parser.js")
    git(project, "commit", "--quiet", "--no-verify", "--message", "wip")
    await gate("commits")
    await call()
    const told = (await stop()).hookSpecificOutput.additionalContext as string
    expect(told).toContain("Next: mend what the gate commits found")
    expect(told).toContain(git(project, "rev-parse", "HEAD").slice(0, 7))
    expect(told).not.toContain("long ago")
    expect(told).not.toContain("mine.txt")
    git(project, "commit", "--quiet", "--amend", "--message", "feat: a parser")
    await gate("commits")
    await call()
    expect((await stop()).systemMessage).toContain("every gate is green")
  })

  it("may always say that it needs a person", async () => {
    await add("Write the parser")
    await arm()
    await run(TaskList.change({ do: "block", task: "T-1", reason: "the key of the test account" }))
    expect((await stop()).systemMessage).toContain("T-1 (the key of the test account)")
    expect(await waiting()).toEqual(["blocked task T-1"])
    // Once that is answered, it is held to the work again.
    await run(TaskList.change({ do: "start", task: "T-1" }))
    expect((await stop()).hookSpecificOutput).toBeDefined()
  })

  it("is let go in plan mode, with work in the background, and right after a compaction", async () => {
    await add("Write the parser")
    await arm()
    expect(await stop({ permission_mode: "plan" })).toBeUndefined()
    expect(await stop({ background_tasks: [{ id: "a", type: "subagent", status: "running" }] })).toBeUndefined()
    const reminded = await claude("SessionStart", { source: "compact" })
    expect(reminded.hookSpecificOutput.additionalContext).toContain("T-1 Write the parser (open)")
    expect(await stop()).toBeUndefined()
    expect(await decisions()).toEqual(["allow: a person acts", "allow: stand down", "allow: stand down"])
  })

  it("is a subagent: whoever called it answers for it", async () => {
    await add("Write the parser")
    await arm()
    expect(await claude("SubagentStop", { agent_id: "a1", agent_type: "Explore" })).toBeUndefined()
    // The client's own helpers are no stop at all.
    expect(await claude("SubagentStop", { agent_id: "a2", agent_type: "" })).toBeUndefined()
    expect(await decisions()).toEqual(["allow: not ours"])
    at.put("shop/.nexus/config.jsonc", '{ "enforcer": { "subagents": true } }')
    const held = await claude("SubagentStop", { agent_id: "a1", agent_type: "Explore" })
    expect(held.hookSpecificOutput).toMatchObject({ hookEventName: "SubagentStop" })
  })

  it("is left to a person when the model's service refuses for good", async () => {
    await add("Write the parser")
    await arm()
    await claude("StopFailure", { error: "rate_limit" })
    await claude("StopFailure", { error: "billing_error" })
    expect(await decisions()).toEqual(["allow: service failed", "escalate: service failed"])
  })
})

describe("two that tell of one stop", () => {
  it("continue it once, also at the same time", async () => {
    await add("Write the parser")
    await arm()
    const payload = { session_id: "one", cwd: project, hook_event_name: "Stop", stop_hook_active: false }
    const delivered = Date.now()
    const first = at.deliver(payload)
    const second = at.deliver(payload)
    const answer = (name: string) => run(Effect.zipRight(ingest(name), answerHook("claude", payload, delivered)))
    const printed = await Promise.all([answer(first), answer(second)])
    expect(printed.filter((text) => text !== "")).toHaveLength(1)
    expect(await decisions()).toEqual(["continue: work is left", "allow: not ours"])
  })

  it("are Cursor's own hooks and Claude's that Cursor runs: one continuation, in Cursor's words", async () => {
    await add("Write the parser")
    await arm()
    const cursor = {
      conversation_id: "c1",
      generation_id: "g1",
      model: "gpt-5",
      hook_event_name: "stop",
      cursor_version: "3.7.21",
      workspace_roots: [project],
      cwd: project,
      status: "completed",
      loop_count: 0
    }
    expect(Object.keys(await hook("cursor", cursor))).toEqual(["followup_message"])
    expect(await hook("claude", { ...cursor, session_id: "c1", hook_event_name: "Stop" })).toBeOneOf([undefined, {}])
    expect(await hook("cursor", { ...cursor, generation_id: "g2", status: "aborted" })).toBeOneOf([undefined, {}])
    expect(await decisions()).toEqual(["continue: work is left", "allow: not ours", "allow: a person acts"])
  })

  it("do not disturb another conversation", async () => {
    await add("Write the parser")
    await arm({ scope: { session: SessionId.make("claude:two") } })
    expect(await stop()).toBeUndefined()
    expect((await stop({}, "two")).hookSpecificOutput).toBeDefined()
  })
})

describe("a person", () => {
  it("pauses everything, and only a person ends that", async () => {
    await add("Write the parser")
    await arm()
    await run(Boulder.pause("lunch", null))
    expect(await stop()).toBeUndefined()
    await claude("UserPromptSubmit", { prompt: "Go on", prompt_id: "p1" })
    expect(await stop()).toBeUndefined()
    expect(await waiting()).toEqual(["pause boulder"])
    await run(Boulder.resume)
    expect((await stop()).hookSpecificOutput).toBeDefined()
  })

  it("pauses without the files being looked at, and each conversation is told of once", async () => {
    await add("Write the parser")
    await arm()
    await run(Boulder.pause(null, null))
    for (const session of ["one", "two", "one", "two", "one"]) expect(await stop({}, session)).toBeUndefined()
    expect(await decisions()).toEqual(["allow: paused", "allow: paused"])
    const [{ payload }] = (await at.ofType("StopDecided")) as [any]
    expect(payload.facts.gates).toEqual([{ name: "ci", verdict: null, id: null }])
    await run(Boulder.resume)
    await run(Boulder.pause("again", null))
    await stop()
    expect(await decisions()).toEqual(Array(3).fill("allow: paused"))
  })

  it("is told with a line when what is configured can't be read, and everybody is let go", async () => {
    await add("Write the parser")
    await arm()
    at.put("shop/.nexus/config.jsonc", "{ no JSON")
    const payload = { session_id: "one", cwd: project, hook_event_name: "Stop", stop_hook_active: false }
    const lines: Array<string> = []
    const answer = answerHook("claude", payload, Date.now(), (line) => lines.push(line))
    expect(await run(answer)).toBe("")
    expect(lines).toEqual([expect.stringMatching(/config\.jsonc: .*every agent is let go/)])
    expect((await at.ofType("StopDecided")).map(({ payload }) => payload.rule)).toEqual(["switched off"])
  })

  it("is not held up by what was decided too late for the client", async () => {
    await add("Write the parser")
    await arm()
    const payload = { session_id: "one", cwd: project, hook_event_name: "Stop", stop_hook_active: false }
    expect(await run(answerHook("claude", payload, Date.now() - 9000))).toBe("")
    expect(await decisions()).toEqual([])
  })

  it("ends it at once with a file, whatever the log says", async () => {
    await add("Write the parser")
    await arm()
    at.put("shop/.nexus/STOP", "")
    expect(await stop()).toBeUndefined()
    rmSync(join(project, ".nexus/STOP"))
    expect((await stop()).hookSpecificOutput).toBeDefined()
    expect(await decisions()).toEqual(["allow: switched off", "continue: work is left"])
  })

  it("may only watch first", async () => {
    await add("Write the parser")
    await arm({ observe: true })
    expect(await stop()).toBeUndefined()
    expect((await run(history({ limit: 1 })))[0]).toMatchObject({ verdict: "allow", would: "continue" })
  })
})

describe("what is done to the checks", () => {
  beforeEach(() => {
    at.put("shop/package.json", '{ "scripts": { "test": "node --test", "start": "node ." } }')
    at.put("shop/test/cart.test.js", "// The cart is empty at first.\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "test: the cart")
    at.put("shop/ok", "")
  })

  it("is told to a person: another script, a deleted test, another gate", async () => {
    await arm()
    at.put("shop/package.json", '{ "scripts": { "test": "echo ok", "start": "node .", "extra": "node x" } }')
    rmSync(join(project, "test/cart.test.js"))
    at.put(
      "shop/.nexus/config.jsonc",
      '{ "gates": { "ci": { "command": "true" }, "commits": false, "documentation": false } }'
    )
    await gate()
    await call()
    expect((await stop()).systemMessage).toContain("a person has to look at what was done to the checks")
    const alarms = (await at.ofType("IntegrityAlarmRaised")).map(({ payload }) => payload.alarm.subject)
    expect(alarms.toSorted()).toEqual(["ci", "package.json (test)", "test/cart.test.js"])
    expect(await waiting()).toContain("escalation R-1")
  })

  it("is told when an agent lifts its own limits", async () => {
    await arm()
    const gates = { ci: { command: "test -f ok" }, commits: false, documentation: false }
    at.put("shop/.nexus/config.jsonc", JSON.stringify({ enforcer: { limits: { perRun: 900 } }, gates }))
    await gate()
    await call()
    expect((await stop()).systemMessage).toContain("gate changed: .nexus/config.jsonc (enforcer)")
  })

  it("is told within the room that an event has, however much there is", async () => {
    for (let index = 0; index < 60; index++) at.put(`shop/test/${"deep/".repeat(40)}${index}.test.js`, `// ${index}\n`)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "test: many")
    await arm()
    rmSync(join(project, "test"), { recursive: true })
    await gate()
    await call()
    expect((await stop()).systemMessage).toContain("test deleted")
    expect(await at.ofType("IntegrityAlarmRaised")).toHaveLength(20)
  })

  it("is forgotten when it was put right, and a moved test is no deleted one", async () => {
    await arm()
    git(project, "mv", "test/cart.test.js", "test/basket.test.js")
    git(project, "commit", "--quiet", "--message", "refactor: the cart is a basket")
    at.put("shop/package.json", '{ "scripts": { "test": "echo ok", "start": "node ." } }')
    at.put("shop/package.json", '{ "scripts": { "test": "node --test", "start": "node ." } }')
    await gate()
    await call()
    expect((await stop()).systemMessage).toContain("every gate is green")
  })

  it("is refused where it can be: a commit past the hooks", async () => {
    await add("Write the parser")
    await arm()
    const tool = { tool_name: "Bash", tool_input: { command: "git commit --no-verify -m wip" }, tool_use_id: "b1" }
    expect((await claude("PreToolUse", tool)).hookSpecificOutput).toMatchObject({ permissionDecision: "deny" })
    // And told where it happened all the same, also at the end of a long command.
    await call(`echo ${"long ".repeat(60)} && git commit -n -m "feat: it"`)
    await stop()
    expect((await at.ofType("IntegrityAlarmRaised")).map(({ payload }) => payload.alarm.kind)).toEqual([
      "hooks bypassed"
    ])
  })
})

describe("a run that was armed with another checkout's files", () => {
  it("blames nobody for what this one never had", async () => {
    git(project, "worktree", "add", "--quiet", join(at.root, "beside"))
    at.put("shop/package.json", '{ "scripts": { "test": "node --test" } }')
    at.put("shop/test/cart.test.js", "// 1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "test: the cart")
    await add("Write the parser")
    await arm({ scope: "project" })
    project = join(at.root, "beside")
    expect((await stop()).hookSpecificOutput).toBeDefined()
    expect(await at.ofType("IntegrityAlarmRaised")).toEqual([])
  })
})

describe("a gate", () => {
  it("says nothing of files that were changed while it ran", async () => {
    at.put("shop/.nexus/config.jsonc", JSON.stringify({ gates: { ci: { command: "test -f ok || touch ok" } } }))
    await gate()
    rmSync(join(project, "ok"))
    const states = await run(RunGate.states)
    expect(states.find(({ gate: one }) => one.name === "ci")?.verdict).toBeNull()
  })

  it("fails when the tools that it ran with are gone, and is not taken for one that is not there", async () => {
    at.put("shop/.nexus/config.jsonc", JSON.stringify({ gates: { ci: { command: "./check" } } }))
    at.put("shop/check", "#!/bin/sh\nno-such-tool\n")
    chmodSync(join(project, "check"), 0o755)
    expect((await gate()).verdict.verdict).toBe("failed")
  })
})

describe("a conversation that is held and does nothing", () => {
  it("is told to a person after a while", async () => {
    await add("Write the parser")
    await arm()
    await call()
    expect(await waiting()).toEqual([])
    const later = Date.now() + 11 * 60_000
    expect((await run(inbox({ all: false, now: later }))).map(({ kind, session }) => `${kind} ${session}`)).toEqual([
      "idle conversation claude:one"
    ])
    await claude("SessionEnd", { reason: "other" })
    expect(await run(inbox({ all: false, now: later }))).toEqual([])
  })
})

describe("a log that an update of Nexus has not brought up to date yet", () => {
  it("lets everybody go, and complains of nothing", async () => {
    await add("Write the parser")
    await arm()
    const sqlite = new Sqlite(at.home.log)
    sqlite.exec("DROP TABLE boulders; UPDATE projections SET version = 0 WHERE name = 'boulders'")
    sqlite.close()
    expect(await stop()).toBeUndefined()
    expect(await at.ofType("StopObserved")).toHaveLength(1)
  })
})

describe("the record of decisions", () => {
  it("says why, and comes to the same verdict from the facts alone", async () => {
    await add("Write the parser")
    await arm()
    await stop()
    const found = await run(explain(undefined))
    expect(found.rules.at(-1)).toEqual({ name: "work is left", applied: true })
    expect(found.text).toContain("[nexus R-1 1/25]")
    at.put("shop/facts.json", JSON.stringify(found))
    expect(await run(simulate("facts.json"))).toMatchObject([{ verdict: "continue", isSame: true }])
    at.put("shop/facts.json", JSON.stringify({ ...found, facts: { ...found.facts, textOnly: 3 } }))
    expect(await run(simulate("facts.json"))).toMatchObject([{ verdict: "escalate", isSame: false }])
  })

  it("has what the status shows", async () => {
    await add("Write the parser")
    await arm()
    await stop()
    expect(await run(standings)).toMatchObject({
      paused: null,
      off: null,
      inbox: 0,
      runs: [
        {
          run: "R-1",
          status: "armed",
          continuations: 1,
          limit: 25,
          tasks: { open: 1, next: { id: "T-1" } },
          gates: [{ name: "ci", verdict: null }],
          last: { verdict: "continue", rule: "work is left" }
        }
      ]
    })
  })
})
