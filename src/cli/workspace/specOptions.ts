/** What a workspace's options say, read. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { resolve } from "node:path"
import type { Image, Service, Spec, Variable } from "../../domain/workspace/Spec.ts"
import { bytesFrom, serviceFrom } from "../../app/workspaces/spec/Texts.ts"
import { durationOf } from "../../domain/Moment.ts"
import { UsageWrong } from "../Invocation.ts"

const wrong = (message: string) => new UsageWrong({ message })

export const bytesOf = (
  option: string,
  given: Option.Option<string>
): Effect.Effect<number | undefined, UsageWrong> => {
  if (Option.isNone(given)) return Effect.succeed(undefined)
  const bytes = bytesFrom(given.value)
  return bytes === undefined
    ? wrong(`${option}: ${JSON.stringify(given.value)} is no size. Such as: 512m, 2g.`)
    : Effect.succeed(bytes)
}

/** `2h`, `never`. */
export const idleStopOf = (given: Option.Option<string>): Effect.Effect<Pick<Spec, "idleStopMs">, UsageWrong> => {
  if (Option.isNone(given)) return Effect.succeed({})
  if (given.value === "never") return Effect.succeed({ idleStopMs: null })
  const idleStopMs = durationOf(given.value)
  return idleStopMs === undefined || idleStopMs < 60_000
    ? wrong(`--idle-stop: ${JSON.stringify(given.value)} is no time from a minute on. Such as: 30m, 2h, never.`)
    : Effect.succeed({ idleStopMs })
}

interface ImageOptions {
  readonly image: Option.Option<string>
  readonly dockerfile: Option.Option<string>
}

export const imageOf = ({ image, dockerfile }: ImageOptions): Effect.Effect<Image | undefined, UsageWrong> => {
  const given = [
    ...(Option.isSome(image) ? [{ kind: "named" as const, name: image.value }] : []),
    ...(Option.isSome(dockerfile) ? [{ kind: "dockerfile" as const, path: dockerfile.value }] : [])
  ]
  const [only, second] = given
  if (second !== undefined) return wrong("Only one of --image and --dockerfile can be given.")
  return Effect.succeed(only)
}

export const servicesOf = (given: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Service>, UsageWrong> =>
  Effect.gen(function* () {
    const services: Array<Service> = []
    for (const text of given) {
      const service = serviceFrom(text)
      if (service === undefined)
        return yield* wrong(`--port: ${JSON.stringify(text)} is no port. Such as: 3000, web=3000, dns=53/udp.`)
      if (services.some((other) => other.name === service.name))
        return yield* wrong(`--port: two of them are called ${service.name}. Give each a name: web=3000.`)
      services.push(service)
    }
    return services
  })

/** `NAME=VALUE`; `NAME`, taken from here at each start; `NAME=@FILE`, read at each start. */
export const variablesFrom = (given: ReadonlyArray<string>): Effect.Effect<Spec["variables"], UsageWrong> =>
  Effect.gen(function* () {
    const variables: Record<string, Variable> = {}
    for (const text of given) {
      const [, name, , value] = /^([A-Za-z_][A-Za-z0-9_]*)(=([\s\S]*))?$/.exec(text) ?? []
      if (name === undefined)
        return yield* wrong(
          `--env: ${JSON.stringify(text)} is no variable. Such as: NODE_ENV=test, API_KEY, TOKEN=@token.txt.`
        )
      if (value === undefined) variables[name] = { fromEnvironment: name }
      else variables[name] = value.startsWith("@") ? { fromFile: resolve(value.slice(1)) } : { value }
    }
    return variables
  })
