/** `nexus workspace port`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type { Listener } from "../../app/ports/Backend.ts"
import { portVariable } from "../../domain/workspace/Ports.ts"
import { addPorts, discover, listPorts, removePort } from "../../app/workspaces/ServicePorts.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { companionLine, companionView } from "./companionLines.ts"
import { name } from "./show.ts"
import { servicesOf } from "./specOptions.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const listCommand = Command.make("list", { name, ...globals }, (given) =>
  withWorkspaces(
    Effect.gen(function* () {
      const output = yield* Output
      const { workspace, ports, others, companions, why } = yield* listPorts(given.name)
      const isProcess = workspace.spec.backend === "process"
      const isAlone = workspace.spec.network === "none"
      const items = ports.map(({ heard, ...port }) => ({
        ...port,
        companion: port.companion ?? null,
        listening: heard === undefined ? null : heard === "yes",
        local: heard === "local"
      }))
      yield* output.result({ items, others, services: companions.map(companionView), why: why ?? null }, () => [
        ...(items.length === 0
          ? [
              isAlone
                ? `${workspace.name} was made without a network: no port leads into it.`
                : `No port leads into ${workspace.name}. Have one: nexus workspace port add ${workspace.name} web=3000`
            ]
          : table(
              ["SERVICE", "HERE", isProcess ? "LISTENS ON" : "INSIDE", "LISTENING"],
              ports.map(({ service, host, hostPort, port, protocol, companion, heard }) => [
                service,
                `${host}:${hostPort}`,
                // A process has to listen on this machine's.
                isProcess
                  ? portVariable(service)
                  : `${companion === undefined ? "" : `${companion}:`}${port}/${protocol}`,
                heard === undefined ? "?" : heard === "local" ? "only on loopback" : heard
              ]),
              output.style
            )),
        ...companions.map(companionLine),
        ...(isProcess
          ? others.map(({ port, protocol }) => `Also listening, on this machine: ${port}/${protocol}.`)
          : isAlone
            ? others.map(({ port, protocol }) => `Listening inside: ${port}/${protocol}.`)
            : otherLines(workspace.name, others)),
        ...(why === undefined ? [] : [`What listens inside can't be told: ${why}${why.endsWith(".") ? "" : "."}`])
      ])
    })
  )
).pipe(Command.withDescription("Which ports lead into a workspace, and what listens inside"))

const otherLines = (name: string, others: ReadonlyArray<Listener>): ReadonlyArray<string> => {
  const open = others.filter(({ isLocal }) => isLocal !== true)
  return [
    ...others.map(({ port, protocol, isLocal }) =>
      isLocal === true
        ? `Also listening inside: ${port}/${protocol}, on loopback alone: no port can lead there until it listens on 0.0.0.0.`
        : `Also listening inside: ${port}/${protocol}. To reach it: nexus workspace port add ${name} ${port}${protocol === "udp" ? "/udp" : ""}`
    ),
    ...(open.length > 1 ? [`To reach all of them: nexus workspace port add ${name} --discover`] : [])
  ]
}

const service = (what: string) => Args.text({ name: "SERVICE" }).pipe(Args.withDescription(what))

const addCommand = Command.make(
  "add",
  {
    name,
    services: service("3000, web=3000, dns=53/udp; several at once").pipe(Args.repeated),
    discover: Options.boolean("discover").pipe(Options.withDescription("All that listen inside and have no port yet")),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const named = yield* servicesOf(given.services)
        if (named.length === 0 && !given.discover)
          return yield* new UsageWrong({ message: "Name a port, such as web=3000, or take all: --discover." })
        const found = given.discover ? yield* discover(given.name) : []
        const wanted = [
          ...named,
          ...found.filter((one) => !named.some(({ port, protocol }) => port === one.port && protocol === one.protocol))
        ]
        if (wanted.length === 0)
          return yield* output.result({ workspace: given.name, port: null, ports: [] }, () => [
            "All that listens inside and can be reached has a port."
          ])
        const { workspace, ports } = yield* addPorts(given.name, wanted, yield* say)
        yield* output.result({ workspace: workspace.name, port: ports[0] ?? null, ports }, () =>
          ports.map(({ host, hostPort, port, protocol, service }) =>
            workspace.spec.backend === "process"
              ? `${host}:${hostPort}/${protocol} is for ${service} of ${workspace.name}, which has to listen there: ${portVariable(service)} says where.`
              : `${host}:${hostPort} leads to ${port}/${protocol} of ${workspace.name} (${service}).`
          )
        )
      })
    )
).pipe(Command.withDescription("Have ports of this machine lead to services inside; a container is made again for it"))

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
