/** Any other tool, as Nexus' app sees it: what it sends to `nexus record`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type {
  Agent,
  CallWindow,
  Edit,
  JsonObject,
  Observed,
  PayloadRefused,
  Reading
} from "../../../app/ports/Agent.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import { bytes, contentOnDisk } from "../Contents.ts"
import * as Facts from "../Facts.ts"
import { identify } from "../Identity.ts"
import { firstText } from "../Payload.ts"
import { optional, short } from "../Wording.ts"
import { type AgentRecord, type File, type PersonRecord, recordIn } from "./Form.ts"

/** Its deliveries wait in the spool under this name; sessions are named after the tool that sent them. */
export const agentName = "record"

const contentOf = ({ path, after }: File, cwd: string, live: boolean): Buffer | null | undefined =>
  after === undefined ? (live ? contentOnDisk(path, cwd) : undefined) : bytes(after)

const editsOf = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  const record = told(payload)
  if (record?.by !== "ai") return []
  return record.files.map((file) => {
    const after = contentOf(file, record.cwd, live)
    const operation = after === null ? "deleted" : file.before === null ? "created" : "modified"
    return {
      tool: record.tool,
      call: record.call ?? "",
      path: file.path,
      operation: file.operation ?? operation,
      before: bytes(file.before),
      after,
      evidence: file.after === undefined ? (after === undefined ? "diff" : "disk") : "payload"
    }
  })
}

const observedIn = (payload: JsonObject, live: boolean): ReadonlyArray<Observed> => {
  const record = told(payload)
  if (record?.by !== "human") return []
  return record.files.flatMap((file) => {
    const content = contentOf(file, record.cwd, live)
    return content === undefined ? [] : [{ path: file.path, content, by: record.seen, tool: short(record.tool, 128) }]
  })
}

const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const record = told(payload)
  if (record?.by !== "ai" || record.shell === undefined) return undefined
  const { agent: client, session, call = "", tool, shell } = record
  return { client, session, call, phase: shell.phase, tool, reach: "checkout", ...optional("command", shell.command) }
}

const told = (payload: JsonObject): AgentRecord | PersonRecord | undefined => Either.getOrUndefined(recordIn(payload))

const read = (payload: JsonObject): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const record = yield* recordIn(payload)
    const { cwd, time, id } = record
    const common = { cwd, ...optional("time", time), ...optional("delivery", id), drift: [] }
    if (record.by === "human") return { ...common, session: null, facts: [] }
    const { agent, model, prompt } = record
    const { session } = yield* identify(clientOf(agent), agentName, record.session)
    return {
      ...common,
      session,
      facts: [factOf(record)],
      ...(model === undefined || model === "" ? {} : { model: { name: short(model, 200), evidence: "hook" as const } }),
      ...(prompt === undefined ? {} : { prompt: { text: prompt, by: "human" as const } })
    }
  })

const clientOf = (name: string) => ({ name, client: name, fields: { hook: "agent", session: "session" } })

const factOf = ({ call = "", tool, files, shell }: AgentRecord): SessionFact => {
  const fact = Facts.toolCall({ call, tool, target: shell?.command ?? files.map(({ path }) => path).join(", ") })
  return shell?.phase === "start" ? Facts.toolStarted(fact) : Facts.toolCompleted(fact)
}

export const GenericAgent: Agent = {
  name: agentName,
  folder: (payload) => firstText(payload, ["cwd", "repo_working_dir"]),
  edits: (payload, { live }) => editsOf(payload, live),
  observed: (payload, { live }) => observedIn(payload, live),
  window: windowOf,
  read,
  promptFields: ["prompt", "transcript"]
}
