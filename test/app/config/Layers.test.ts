/** What holds when several places say something, and who says so. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Either from "effect/Either"
import { afterAll, describe, expect, it } from "vitest"
import { held, layersOf } from "../../../src/app/config/Layers.ts"
import { type Key, keys, settingOf } from "../../../src/app/config/Settings.ts"
import { load, loadSafely } from "../../../src/app/Config.ts"
import { defaultLimits } from "../../../src/domain/boulder/Limits.ts"
import { put } from "../../support/cli.ts"

const root = mkdtempSync(join(tmpdir(), "nexus-config-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let count = 0
/** A user's and a project's file with these texts. */
const files = (user: string | undefined, project: string | undefined) => {
  const folder = join(root, String(count++))
  const userFile = join(folder, "home/config.jsonc")
  const checkout = join(folder, "checkout")
  const projectFile = join(checkout, ".nexus/config.jsonc")
  if (user !== undefined) put(userFile, user)
  if (project !== undefined) put(projectFile, project)
  return { userFile, checkout, projectFile }
}

const wrong = (user: string, environment: Record<string, string> = {}): string => {
  const { userFile } = files(user, undefined)
  return Either.match(load(userFile, undefined, environment), { onLeft: (error) => error.message, onRight: () => "" })
}

describe("the layers of a configuration", () => {
  it("defaults < the user's file < the project's < the environment < options, each value with its origin", () => {
    const { userFile, checkout, projectFile } = files(
      '{ "enforcer": { "limits": { "perRun": 2, "perTask": 2, "perHour": 2, "lost": 2 } } }',
      '{ "enforcer": { "limits": { "perTask": 3, "perHour": 3, "lost": 3 } } }'
    )
    const environment = { NEXUS_ENFORCER_LIMITS_PER_HOUR: "4", NEXUS_ENFORCER_LIMITS_LOST: "4" }
    const options = new Map([["enforcer.limits.lost" as const, { written: 5, value: 5 }]])
    const layers = Either.getOrThrow(layersOf({ userFile, checkout, environment, options }))
    const told = (key: Key) => {
      const { value, origin } = held(layers, key)
      return [value, origin]
    }
    expect(told("enforcer.limits.sinceHuman")).toEqual([defaultLimits.sinceHuman, { kind: "default" }])
    expect(told("enforcer.limits.perRun")).toEqual([2, { kind: "user", file: userFile }])
    expect(told("enforcer.limits.perTask")).toEqual([3, { kind: "project", file: projectFile }])
    expect(told("enforcer.limits.perHour")).toEqual([
      4,
      { kind: "environment", variable: "NEXUS_ENFORCER_LIMITS_PER_HOUR" }
    ])
    expect(told("enforcer.limits.lost")).toEqual([5, { kind: "option" }])
  })

  it("without any file or variable, what holds is the defaults", () => {
    const { userFile } = files(undefined, undefined)
    expect(Either.getOrThrow(load(userFile, undefined, {}))).toEqual({
      prompts: "full",
      gates: {},
      enforcer: { mode: "enforce", armOnStart: true, gates: null, subagents: false, limits: defaultLimits },
      workspace: { keeper: true, idleStop: null, everyEdits: 50, beforeRisk: true, patience: 2000 }
    })
  })

  it("times are written with their unit, and gates by name", () => {
    const { userFile, checkout } = files(
      `{
        "$schema": "./config.schema.json", // for the editor
        "enforcer": {
          "mode": "observe", "armOnStart": false, "subagents": true, "gates": ["ci", "types"],
          "limits": { "wallClock": "8h", "cooldown": "0s", "breaker": "90s", "tokens": 5000, "contextPercent": 50 },
        },
        "gates": { "ci": { "command": "make ci" } }
      }`,
      '{ "enforcer": { "gates": null, "limits": { "tokens": null } }, "gates": { "types": { "command": ["tsc"] } } }'
    )
    const { enforcer, gates } = Either.getOrThrow(load(userFile, checkout, {}))
    expect(enforcer).toEqual({
      mode: "observe",
      armOnStart: false,
      gates: null,
      subagents: true,
      limits: {
        ...defaultLimits,
        wallClock: 28_800_000,
        cooldown: 0,
        breaker: 90_000,
        tokens: null,
        contextPercent: 50
      }
    })
    expect(Object.keys(gates)).toEqual(["ci", "types"])
  })

  it("only variables that are known count, and an empty one says nothing", () => {
    const { userFile } = files(undefined, undefined)
    const environment = {
      NEXUS_HOME: "/somewhere",
      NEXUS_ENFORCER: "",
      NEXUS_ENFORCER_MODE: "observe",
      NEXUS_CAPTURE_PROMPTS: "off",
      NEXUS_ENFORCER_GATES: "ci, types",
      NEXUS_ENFORCER_LIMITS_TOKENS: "null",
      NEXUS_ENFORCER_LIMITS_PER: "what?"
    }
    const { prompts, enforcer } = Either.getOrThrow(load(userFile, undefined, environment))
    expect([prompts, enforcer.mode, enforcer.gates]).toEqual(["off", "observe", ["ci", "types"]])
    const both = { NEXUS_ENFORCER: "off", NEXUS_ENFORCER_MODE: "observe" }
    expect(Either.getOrThrow(load(userFile, undefined, both)).enforcer.mode).toBe("off")
  })

  it("no two settings share a variable, and none is one that means something else", () => {
    const all = keys.flatMap((key) => settingOf(key).variables)
    expect(new Set(all).size).toBe(all.length)
    expect(all.filter((name) => /^NEXUS_(HOME|VERSION|TEST_|FUZZ_)/.test(name))).toEqual([])
    expect(settingOf("enforcer.limits.perRun").variables).toEqual(["NEXUS_ENFORCER_LIMITS_PER_RUN"])
  })

  it.each([
    ['{ "enforcer": { "mod": "off" } }', "there is no setting enforcer.mod. Did you mean enforcer.mode?"],
    ['{ "enforcer": { "perRun": 3 } }', "Did you mean enforcer.limits.perRun?"],
    ['{ "enforcer": "off" }', "there is no setting enforcer. It holds settings, such as enforcer.mode."],
    ['{ "enforcer.mode": "off" }', '{"enforcer":{"mode":"…"}}'],
    ['{ "enforcer": { "mode": "on" } }', 'enforcer.mode is "enforce", "observe" or "off", not "on"'],
    ['{ "enforcer": { "armOnStart": "yes" } }', 'enforcer.armOnStart is true or false, not "yes"'],
    ['{ "enforcer": { "gates": "ci" } }', "enforcer.gates is a list of names"],
    ['{ "enforcer": { "limits": { "perRun": 0 } } }', "is a whole number from 1 to 1000, not 0"],
    ['{ "enforcer": { "limits": { "perRun": 2.5 } } }', "is a whole number from 1 to 1000, not 2.5"],
    ['{ "enforcer": { "limits": { "wallClock": "9h" } } }', "from 1s to 8h"],
    ['{ "enforcer": { "limits": { "wallClock": 7200 } } }', 'is a time such as "90s", "15m" or "2h"'],
    ['{ "enforcer": { "limits": { "tokens": 10 } } }', "or null for any number, not 10"],
    ['{ "gates": { "ci": { "comand": "make" } } }', "Did you mean gates.NAME.command?"],
    ['{ "gates": { "ci": {} } }', "gates.ci.command is a line for the shell"],
    ["[]", "settings stand between { and }"],
    ['{ "capture": ', "line 1: "]
  ])("%s is refused, and the message says what to write", (text, said) => {
    expect(wrong(text)).toContain(said)
  })

  it("a variable with a wrong value is named", () => {
    expect(wrong("{}", { NEXUS_ENFORCER: "on" })).toBe(
      'NEXUS_ENFORCER: enforcer.mode is "enforce", "observe" or "off", not "on"'
    )
  })

  it("for hooks, a configuration that cannot be read keeps no prompts and pushes nobody", () => {
    for (const [text, environment] of [
      ["{ broken", {}],
      ["{}", { NEXUS_ENFORCER_LIMITS_PER_RUN: "many" }]
    ] as const) {
      const { userFile } = files(text, undefined)
      const config = loadSafely(userFile, undefined, environment)
      expect([config.prompts, config.enforcer.mode, config.enforcer.limits]).toEqual(["hash", "off", defaultLimits])
    }
  })
})
