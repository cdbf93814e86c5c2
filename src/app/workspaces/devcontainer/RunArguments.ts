/** `runArgs`: the options of `docker run` that a workspace has a word for; those that would lower its protection are refused. */
import { bytesFrom } from "../spec/Texts.ts"
import type { Place } from "./Place.ts"
import type { Found, Given, Part } from "./Reading.ts"
import { variableOf } from "./Environment.ts"
import { serviceOf } from "./ForwardedPorts.ts"
import { fieldsIn, mountOf } from "./Mounts.ts"
import { capability, refusePrivileged, securityOption } from "./Rights.ts"

type Taken = (place: Place, value: string, whole: Place, given: Given) => Partial<Found>

const nothing: Taken = () => ({})

const dangerous: Taken = (place, value) => {
  throw place.wrong(
    `runArgs: ${value === "" ? place.text() : `${place.text().split("=")[0]} ${value}`} would open a way out of the workspace.`,
    "Leave it out of a devcontainer.json of its own: --devcontainer PATH."
  )
}

/** Of name spaces: a workspace has its own. */
const space: Taken = (place, value, whole, given) =>
  /^(?:host|container:)/.test(value) ? dangerous(place, value, whole, given) : {}

const positive = (place: Place, value: string): number => {
  const number = Number(value)
  if (!(number > 0)) throw place.wrong(`runArgs: ${JSON.stringify(value)} is no number above 0.`)
  return number
}

const withValue: Readonly<Record<string, Taken>> = {
  "--cpus": (place, value) => ({ layer: { limits: { cpus: positive(place, value) } } }),
  "--memory": (place, value) => {
    const memoryBytes = bytesFrom(value)
    if (memoryBytes === undefined) throw place.wrong(`runArgs: ${JSON.stringify(value)} is no size.`, "Such as: 2g.")
    return { layer: { limits: { memoryBytes } } }
  },
  "--pids-limit": (place, value) => ({ layer: { limits: { processes: Math.ceil(positive(place, value)) } } }),
  "--network": (place, value, whole, given) => {
    if (value === "none") return { layer: { network: "none" } }
    if (value === "bridge") return {}
    return /^(?:host|container:)/.test(value)
      ? dangerous(place, value, whole, given)
      : { notes: [`runArgs: the network ${value} is not joined: a workspace has its own.`] }
  },
  "--env": (_, value) => {
    const [, name, , text] = /^([A-Za-z_][A-Za-z0-9_]*)(=([\s\S]*))?$/.exec(value) ?? []
    if (name === undefined) return { notes: [`runArgs: ${JSON.stringify(value)} is no variable.`] }
    return {
      layer: { variables: { [name]: text === undefined ? { fromEnvironment: name, fallback: "" } : variableOf(text) } }
    }
  },
  "--publish": (place, value) => ({ layer: { services: [serviceOf(place, value)] } }),
  "--mount": (place, value, whole, given) => mountOf(place, fieldsIn(value), whole, given),
  "--volume": (place, value, whole, given) => {
    const [, source = "", target = ""] =
      /^(?:((?:\$\{[^}]*\}|[^:])+):)?((?:\$\{[^}]*\}|[^:])+)(?::[\w,]+)?$/.exec(value) ?? []
    const type =
      /^(?:[./~]|\$\{local(?:Env|WorkspaceFolder))/.test(source) &&
      !source.startsWith("${localWorkspaceFolderBasename}")
        ? "bind"
        : "volume"
    return mountOf(place, { type, source, target }, whole, given)
  },
  "--cap-add": (place, value, _, given) => ({ notes: capability(place, value, given) }),
  "--security-opt": (place, value, _, given) => ({ notes: securityOption(place, value, given) }),
  "--pid": space,
  "--ipc": space,
  "--uts": space,
  "--userns": space,
  "--cgroupns": space,
  "--device": dangerous,
  "--device-cgroup-rule": dangerous,
  "--volumes-from": dangerous,
  "--cgroup-parent": dangerous,
  // How it is called, and what becomes of it, is Nexus' to say.
  "--name": nothing,
  "--hostname": nothing,
  "--label": nothing,
  "--restart": nothing,
  "--workdir": nothing,
  "--pull": nothing
}

const flags: Readonly<Record<string, Taken>> = {
  "--privileged": (place, _, __, given) => {
    refusePrivileged(place, given)
    return {}
  },
  "--init": nothing,
  "--rm": nothing,
  "--interactive": nothing,
  "--tty": nothing,
  "--detach": nothing
}

const short: Readonly<Record<string, string>> = {
  "-e": "--env",
  "-h": "--hostname",
  "-it": "--tty",
  "-l": "--label",
  "-m": "--memory",
  "-p": "--publish",
  "-v": "--volume",
  "-w": "--workdir",
  "--net": "--network"
}

export const runArguments: Part = (whole, given) => {
  const places = whole.at("runArgs")?.items() ?? []
  const found: Array<Partial<Found>> = []
  for (let index = 0; index < places.length; index++) {
    const place = places[index]
    if (place === undefined) break
    const [name = "", ...rest] = place.text().split("=")
    const option = short[name] ?? name
    const taken = withValue[option]
    if (taken === undefined) {
      const flag = flags[option]
      // The value of an option that is not known, or part of what was.
      if (flag === undefined && !name.startsWith("-")) continue
      if (flag === undefined) found.push({ notes: [`runArgs: ${name} is left out.`] })
      else if (rest.join("=") !== "false") found.push(flag(place, "", whole, given))
      continue
    }
    if (rest.length > 0) found.push(taken(place, rest.join("="), whole, given))
    else {
      const value = places[++index]
      if (value === undefined) throw place.wrong(`runArgs: ${name} has no value.`)
      found.push(taken(place, value.text(), whole, given))
    }
  }
  const layers = found.map(({ layer = {} }) => layer)
  return {
    layer: {
      limits: Object.assign({}, ...layers.map(({ limits }) => limits)),
      variables: Object.assign({}, ...layers.map(({ variables }) => variables)),
      services: layers.flatMap(({ services = [] }) => services),
      volumes: layers.flatMap(({ volumes = [] }) => volumes),
      ...(layers.some(({ network }) => network === "none") ? { network: "none" as const } : {})
    },
    notes: found.flatMap(({ notes = [] }) => notes)
  }
}
