/**
 * Running the project's own commands in a workspace at their time: as the specification has them since the workspace was asked for,
 * one after the other, until one fails. What they print is shown meanwhile, and its end is kept.
 */
import * as Effect from "effect/Effect"
import type { Hook, HookStage } from "../../../domain/workspace/Spec.ts"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { EventLog } from "../../../events/EventLog.ts"
import type { Backend, BackendFailure, Ended } from "../../ports/Backend.ts"
import { Secrets } from "../../ports/Secrets.ts"
import { cleanText } from "../../RedactPayload.ts"
import { record } from "../Operate.ts"
import { variablesOf } from "../Order.ts"
import type { Say } from "../StartWithPorts.ts"
import { HookFailed } from "./HookFailed.ts"
import { type HookOutput, hookOutput, lastLines } from "./HookOutput.ts"

/** Beyond its time-out, for what it started and left to hold its output, in milliseconds. */
const grace = 5000

export const hooksOf = ({ spec }: Pick<Workspace, "spec">, stage: HookStage): ReadonlyArray<Hook> =>
  (spec.hooks ?? []).filter((hook) => hook.stage === stage)

/** Those of one stage. Fails with HookFailed as the first that does; the others are left out then. */
export const runHooks = (workspace: Workspace, backend: Backend, stage: HookStage, say: Say) =>
  Effect.gen(function* () {
    const hooks = hooksOf(workspace, stage)
    if (hooks.length === 0) return
    const variables = { ...(yield* variablesOf(workspace)), NEXUS_HOOK: stage }
    for (const [index, hook] of hooks.entries()) {
      say(`Running ${hook.name}: ${lineOf(hook)}`)
      const ran = yield* runHook(workspace, backend, hook, variables, say, { number: index + 1, of: hooks.length })
      if (ran.exit !== 0 && ran.exit !== null) return yield* failureOf(workspace, hook, ran)
    }
  })

export interface Ran extends Ended {
  /** The end of what it printed, without secrets. */
  readonly text: string
}

/** One command, to its end or the end of its time; nothing is recorded. */
export const runOnce = (
  workspace: Workspace,
  backend: Backend,
  hook: Hook,
  variables: Readonly<Record<string, string>>,
  output: HookOutput
): Effect.Effect<Ran, BackendFailure, Secrets> =>
  Effect.gen(function* () {
    const began = performance.now()
    const { user } = workspace.spec
    const ended = yield* backend
      .execute(workspace.id, {
        command: typeof hook.command === "string" ? ["/bin/sh", "-c", hook.command] : hook.command,
        variables,
        stdout: output.stream,
        stderr: output.stream,
        ...(user === undefined ? {} : { user }),
        ...(hook.detach === true ? { detach: true } : { timeout: hook.timeoutMs })
      })
      .pipe(
        Effect.timeoutTo({
          duration: hook.timeoutMs + grace,
          onSuccess: (ended): Ended => ended,
          onTimeout: (): Ended => ({ exit: 124, timedOut: true, durationMs: Math.round(performance.now() - began) })
        })
      )
    const exit = ended.timedOut ? 124 : ended.exit
    return { ...ended, exit, text: yield* withoutSecrets(workspace, variables, output.tail()) }
  })

const runHook = (
  workspace: Workspace,
  backend: Backend,
  hook: Hook,
  variables: Readonly<Record<string, string>>,
  say: Say,
  place: { readonly number: number; readonly of: number }
) =>
  Effect.gen(function* () {
    const output = hookOutput(say.output)
    const began = performance.now()
    const ran = yield* runOnce(workspace, backend, hook, variables, output).pipe(
      // As a shell has it that was ended by Ctrl-C.
      Effect.onInterrupt(() =>
        withoutSecrets(workspace, variables, output.tail()).pipe(
          Effect.flatMap((text) => {
            if (hook.stage === "setup")
              say(`To run setup again: nexus workspace setup ${workspace.name}. It is there, and runs.`)
            const durationMs = Math.round(performance.now() - began)
            return recordHook(workspace, hook, place, { exit: 130, timedOut: false, durationMs, text }, output)
          }),
          Effect.ignore
        )
      )
    )
    yield* recordHook(workspace, hook, place, ran, output)
    return ran
  })

/** On record, with the end of what it printed beside the log. */
export const recordHook = (
  { id }: Workspace,
  hook: Hook,
  place: { readonly number: number; readonly of: number },
  { exit, timedOut, durationMs, text }: Ran,
  output: HookOutput
) =>
  Effect.gen(function* () {
    const { redact } = yield* Secrets
    const log = yield* EventLog
    const blob = yield* log.blobs.prepare(Buffer.from(text))
    yield* record(id, (_, transaction) => {
      transaction.putBlob(blob)
      return [
        {
          type: "WorkspaceCommandRan",
          payload: {
            workspace: id,
            via: "hook",
            command: cleanText(lineOf(hook), redact).text.slice(0, 2000),
            exit,
            timedOut,
            durationMs,
            output: { bytes: output.bytes(), sha256: blob.hash, blob: true },
            hook: { stage: hook.stage, name: hook.name, ...place }
          }
        }
      ]
    })
  })

/** What is looked up when it is needed, and so is in no log, is in no output of a hook's either. */
const withoutSecrets = ({ spec }: Workspace, variables: Readonly<Record<string, string>>, text: string) =>
  Effect.map(Secrets, ({ redact }) => {
    const secrets = Object.entries(spec.variables).flatMap(([name, variable]) =>
      "fromEnvironment" in variable || "fromFile" in variable ? [[name, variables[name] ?? ""] as const] : []
    )
    const hidden = secrets.reduce(
      (rest, [name, value]) => (value.length < 4 ? rest : rest.replaceAll(value, `[redacted:${name}]`)),
      text
    )
    return cleanText(hidden, redact).text
  })

export const lineOf = ({ command }: Hook): string => (typeof command === "string" ? command : command.join(" "))

export const failureOf = ({ name, id }: Workspace, hook: Hook, { exit, timedOut, text }: Ran) =>
  new HookFailed({
    workspace: name,
    stage: hook.stage,
    hook: hook.name,
    command: lineOf(hook).slice(0, 200),
    exit,
    timedOut,
    lastLines: lastLines(text),
    hint: `All of it: nexus workspace logs ${hook.stage === "teardown" ? id : name} --hook ${hook.stage}${again(name)[hook.stage]}`
  })

const again = (name: string): Readonly<Record<HookStage, string>> => ({
  setup: `. ${name} is there and runs; to run setup again: nexus workspace setup ${name}`,
  start: `. ${name} runs; to run it again: nexus workspace stop ${name}, then nexus workspace start ${name}`,
  stop: "",
  teardown: "",
  health: `. ${name} runs; to ask again: nexus workspace show ${name} --health`
})
