/** Which conversation and which hook a payload is of; what says neither is no payload. */
import * as Either from "effect/Either"
import { PayloadRefused } from "../../app/ports/Agent.ts"
import { SessionId } from "../../domain/Ids.ts"
import * as Schema from "effect/Schema"
import { optional } from "./Wording.ts"

const isSessionId = Schema.is(SessionId)

/** `client` as users know it; `fields`: what it calls the name of the hook and the id of the conversation. */
export interface Client {
  readonly name: string
  readonly client: string
  readonly fields: { readonly hook: string; readonly session: string }
}

export interface Identity {
  readonly hook: string
  readonly session: SessionId
}

export const identify = (
  { name, client, fields }: Client,
  hook: string,
  session: string
): Either.Either<Identity, PayloadRefused> => {
  const refuse = (reason: string) => Either.left(new PayloadRefused({ reason }))
  const id = `${name}:${session}`
  if (hook === "") return refuse(`it has no ${fields.hook}, so it is no hook payload of ${client}`)
  if (!isSessionId(id)) return refuse(`its ${fields.session} is missing or cannot be an id`)
  if (!/^[A-Za-z][A-Za-z0-9_.:]{0,63}$/.test(hook)) return refuse(`its ${fields.hook} cannot be a name`)
  return Either.right({ hook, session: id })
}

/** The conversation that a client names; null where that cannot be an id. */
export const sessionNamed = (client: string, session: string | undefined): SessionId | null => {
  const id = `${client}:${session ?? ""}`
  return isSessionId(id) ? id : null
}

/** The id of a delivery that cannot happen twice; none where the client gave no id that can be one. */
export const onceFor = (hook: string, id: string | undefined): { readonly delivery?: string } =>
  optional("delivery", id !== undefined && /^[\w.-]{1,128}$/.test(id) ? `${hook}:${id}` : undefined)
