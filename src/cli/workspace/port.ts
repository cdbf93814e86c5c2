/** `nexus workspace port`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { addPort, listPorts, removePort } from "../../app/workspaces/ServicePorts.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { name } from "./life.ts"
import { servicesOf } from "./specOptions.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const listCommand = Command.make("list", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const { workspace, listening, why } = yield* listPorts(given.name)
      const listens = (port: number, protocol: string) =>
        listening?.some((one) => one.port === port && one.protocol === protocol)
      const items = workspace.ports.map((port) => ({
        ...port,
        listening: listens(port.port, port.protocol) ?? null
      }))
      const others = (listening ?? []).filter(
        (one) => !workspace.ports.some(({ port, protocol }) => port === one.port && protocol === one.protocol)
      )
      yield* output.result({ items, others, why: why ?? null }, () => [
        ...(items.length === 0
          ? [`No port leads into ${workspace.name}. Have one: nexus workspace port add ${workspace.name} web=3000`]
          : table(
              ["SERVICE", "HERE", "INSIDE", "LISTENING"],
              items.map(({ service, host, hostPort, port, protocol, listening: now }) => [
                service,
                `${host}:${hostPort}`,
                `${port}/${protocol}`,
                now === null ? "?" : now ? "yes" : "no"
              ]),
              output.style
            )),
        ...others.map(
          ({ port, protocol }) =>
            `Also listening inside: ${port}/${protocol}. To reach it: nexus workspace port add ${workspace.name} ${port}${protocol === "udp" ? "/udp" : ""}`
        ),
        ...(why === undefined ? [] : [`What listens inside can't be told: ${why}.`])
      ])
    })
  )
).pipe(Command.withDescription("Which ports lead into a workspace, and what listens inside"))

const service = (what: string) => Args.text({ name: "SERVICE" }).pipe(Args.withDescription(what))

const addCommand = Command.make("add", { name, service: service("3000, web=3000, dns=53/udp"), ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const [wanted] = yield* servicesOf([given.service])
      if (wanted === undefined) return yield* new UsageWrong({ message: "Name a port, such as web=3000." })
      const { workspace, port } = yield* addPort(given.name, wanted, yield* say)
      yield* output.result({ workspace: workspace.name, port: port ?? null }, () =>
        port === undefined
          ? []
          : [
              `${port.host}:${port.hostPort} leads to ${port.port}/${port.protocol} of ${workspace.name} (${port.service}).`
            ]
      )
    })
  )
).pipe(
  Command.withDescription("Have a port of this machine lead to a service inside; a container is made again for it")
)

const removeCommand = Command.make(
  "remove",
  { name, service: service("As nexus workspace port list names it"), ...globals },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const workspace = yield* removePort(given.name, given.service, yield* say)
        yield* output.result({ workspace: workspace.name, released: given.service, ports: workspace.ports }, () => [
          `The port of ${given.service} is released.`
        ])
      })
    )
).pipe(Command.withDescription("Release a service's port; a container is made again for it"))

export const portCommand = Command.make("port").pipe(
  Command.withSubcommands([listCommand, addCommand, removeCommand]),
  Command.withDescription("Ports of this machine that lead into a workspace")
)
