/** What is well and what is not, each with what to do about it. */
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { EventLog } from "../events/EventLog.ts"
import * as Spool from "../events/Spool.ts"
import { Projections } from "../projections/Projections.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { load } from "./Config.ts"
import { hookScript, hookTarget, launcher } from "./InstallScript.ts"
import { Nexus } from "./Nexus.ts"
import { isInstallable } from "./ports/Agent.ts"
import { Repositories } from "./ports/Repositories.ts"
import { silenceOf } from "./Silence.ts"

export interface Diagnosis {
  readonly check: string
  readonly state: "ok" | "warning" | "problem"
  readonly detail: string
  /** What to do; "" when nothing. */
  readonly fix: string
}

const ok = (check: string, detail: string): Diagnosis => ({ check, state: "ok", detail, fix: "" })
const warning = (check: string, detail: string, fix: string): Diagnosis => ({ check, state: "warning", detail, fix })
const problem = (check: string, detail: string, fix: string): Diagnosis => ({ check, state: "problem", detail, fix })

/** A WAL beyond this many bytes means that something keeps the log from being tidied. */
const largeWal = 64 * 1024 * 1024

/** File systems that SQLite's shared memory does not work on (statfs(2), f_type). */
const networked = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x517b, "SMB"],
  [0x01021997, "9P"]
])

export const diagnose = Effect.gen(function* () {
  const log = yield* EventLog
  const nexus = yield* Nexus
  const projections = yield* Projections
  const spool = Spool.make(nexus.home.spool)
  const found: Array<Diagnosis> = [ok("node", process.version), home(nexus.home.path), fileSystem(nexus.home.path)]

  const head = yield* log.head
  const sqlite = String(log.database.prepare("SELECT sqlite_version()").pluck().get())
  found.push(ok("log", `${head.position} events, SQLite ${sqlite}, synchronous=FULL`), wal(nexus.home.log))

  for (const { name, faults, degradedSince, current } of yield* projections.status) {
    const check = `projection ${name}`
    if (faults > 0)
      found.push(
        problem(
          check,
          `degraded since event ${degradedSince}: it failed on ${faults}`,
          `Report it, then: nexus projections rebuild ${name}`
        )
      )
    else if (current) found.push(ok(check, "in step with the log"))
    else found.push(warning(check, "lags behind the log", `nexus projections rebuild ${name}`))
  }

  const waiting = yield* spool.list
  found.push(
    waiting.length === 0
      ? ok("spool", "empty")
      : warning("spool", `${waiting.length} payloads wait`, "Run any nexus command again.")
  )
  const rejected = yield* spool.rejected
  found.push(
    rejected.length === 0
      ? ok("rejected payloads", "none")
      : warning(
          "rejected payloads",
          `${rejected.length}, the last: ${rejected.at(-1)?.reason ?? ""}`,
          `Look at them in ${join(nexus.home.spool, "rejected")}, then delete them.`
        )
  )

  const drift = yield* log.page({ types: ["CaptureDriftFound"] }, 1000)
  found.push(
    drift.length === 0
      ? ok("agents' contracts", "nothing unknown was delivered")
      : warning("agents' contracts", drift.map(driftText).join("; "), "It was kept raw. A newer Nexus may read it.")
  )

  const config = load(nexus.home.config, (yield* Repositories).checkoutOf(nexus.cwd)?.path)
  found.push(
    Either.match(config, {
      onLeft: (error) =>
        problem(
          "configuration",
          error.message,
          "Until it is mended, prompts are not kept, and no agent is told to go on."
        ),
      onRight: ({ prompts }) => ok("configuration", `capture.prompts is ${prompts}`)
    })
  )
  found.push(...scripts(nexus))
  found.push(...(yield* hooks))
  return found
})

const driftText = (event: { readonly payload: unknown }): string => {
  const {
    agent,
    hook,
    field,
    problem: what
  } = event.payload as { agent: string; hook: string; field: string; problem: string }
  return `${agent} ${hook}${field === "" ? "" : `.${field}`}: ${what}`
}

const home = (path: string): Diagnosis => {
  const mode = statSync(path).mode & 0o777
  try {
    accessSync(path, constants.W_OK)
  } catch {
    return problem("home", `${path} cannot be written`, "Check its owner and permissions.")
  }
  return (mode & 0o077) === 0
    ? ok("home", path)
    : warning("home", `${path} can be read by others (mode ${mode.toString(8)})`, `chmod 700 ${path}`)
}

const fileSystem = (path: string): Diagnosis => {
  const stat = statfsSync(path)
  const name = networked.get(stat.type >>> 0)
  const free = stat.bavail * stat.bsize
  if (name !== undefined)
    return problem(
      "disk",
      `${path} is on ${name}, where SQLite can't keep its promises`,
      "Choose a local disk with NEXUS_HOME."
    )
  const detail = `${Math.round(free / 1024 / 1024)} MiB free`
  return free < 200 * 1024 * 1024
    ? warning("disk", detail, "Free some space: a full disk stops the record.")
    : ok("disk", detail)
}

const wal = (log: string): Diagnosis => {
  const size = statSync(`${log}-wal`, { throwIfNoEntry: false })?.size ?? 0
  const detail = `${Math.round(size / 1024)} KiB`
  return size > largeWal
    ? warning("write-ahead log", detail, "A process keeps a read open for long: end it.")
    : ok("write-ahead log", detail)
}

/** What the hooks run, and what agents are told to run. */
const scripts = ({ home, program }: Nexus["Type"]): ReadonlyArray<Diagnosis> => {
  if (!existsSync(home.hookScript))
    return [warning("hook script", "is not installed", 'Run "nexus init" in a repository.')]
  return [
    script("hook script", home.hookScript, hookScript(home.path, program)),
    script("launcher", home.launcher, launcher(home.path, program))
  ]
}

const script = (check: string, path: string, wanted: string): Diagnosis => {
  const fix = 'Run "nexus init" again.'
  if (!existsSync(path)) return warning(check, `${path} is gone`, fix)
  if (readFileSync(path, "utf8") !== wanted) {
    return warning(check, `${path} starts another Nexus or another Node than this`, fix)
  }
  return (statSync(path).mode & 0o100) === 0 ? warning(check, `${path} cannot be run`, fix) : ok(check, path)
}

/** The hooks of the checkout that the command was given in. */
const hooks = Effect.gen(function* () {
  const nexus = yield* Nexus
  const { database } = yield* EventLog
  const checkout = (yield* Repositories).checkoutOf(nexus.cwd)
  if (checkout === undefined) return [ok("hooks", "not in a repository")]
  const project = Projects.at(database, checkout.path)
  const row = project === undefined ? undefined : Projects.find(database, project)
  const installed = row === undefined ? [] : row.hooks.filter(({ file }) => file.startsWith(`${checkout.path}/`))
  if (installed.length === 0) return [warning("hooks", `none are installed in ${checkout.path}`, "nexus init")]
  return yield* Effect.forEach(installed, ({ agent: name, file, scope }) =>
    Effect.gen(function* () {
      const agent = nexus.agents.find((one) => one.name === name)
      const check = `hooks of ${name}`
      const again = `nexus init --agent ${name}${scope === "shared" ? " --shared" : ""}`
      if (agent === undefined || !isInstallable(agent))
        return warning(check, "this Nexus does not know that agent's hooks", "Update Nexus.")
      if (!existsSync(file)) return warning(check, `${file} is gone`, again)
      const text = readFileSync(file, "utf8")
      if (agent.settings.isDisabled(text))
        return warning(check, `all hooks are switched off in ${file}`, "Switch them on again there.")
      if (!agent.settings.isCurrent(text, hookTarget(nexus, checkout.path), scope))
        return warning(check, `those in ${file} are not what this Nexus installs`, again)
      const silence = yield* silenceOf(agent, checkout, file)
      if (silence !== undefined) return warning(check, silence.detail, silence.fix)
      const { nextStep } = agent.settings
      // Whether a person has allowed them is the client's secret; that they run shows by what they deliver.
      return nextStep === undefined ||
        Sessions.list(database, { agent: name, ...(row === undefined ? {} : { project: row.id }) }).length > 0
        ? ok(check, file)
        : warning(check, `those in ${file} have delivered nothing yet`, nextStep)
    })
  )
})
