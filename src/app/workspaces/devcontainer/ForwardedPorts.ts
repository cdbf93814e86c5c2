/** `forwardPorts` and `appPort`, called what `portsAttributes` calls them. */
import type { Service } from "../../../domain/workspace/Spec.ts"
import type { Place } from "./Place.ts"
import type { Part } from "./Reading.ts"

export const forwardedPorts: Part = (whole) => {
  const app = whole.at("appPort")
  const places = [
    ...(whole.at("forwardPorts")?.items() ?? []),
    ...(app === undefined ? [] : app.isList ? app.items() : [app])
  ]
  const services: Array<Service> = []
  const notes: Array<string> = []
  for (const place of places) {
    const text = place.word()
    if (/^[a-z_][\w.-]*:\d+$/i.test(text) && !text.startsWith("localhost:")) {
      notes.push(`${place.name}: ${text} is another container's, which there is not.`)
      continue
    }
    const service = serviceOf(place, text, labelOf(whole, text))
    if (services.some(({ port, protocol }) => port === service.port && protocol === service.protocol)) continue
    services.push(services.some(({ name }) => name === service.name) ? unnamed(service) : service)
  }
  return { layer: { services }, notes }
}

/** `3000`, `8080:80`, `127.0.0.1:8080:80/udp`: the last number is the one inside; that outside is Nexus' to choose. */
export const serviceOf = (place: Place, text: string, label?: string): Service => {
  const [, digits, protocol] = /^(?:.*:)?(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port < 1 || port > 65_535)
    throw place.wrong(`${place.name}: ${JSON.stringify(text)} is no port.`, "Such as: 3000.")
  const service = { port, protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const) }
  const slug = (label ?? "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
  return slug === "" || slug === "ssh" ? unnamed({ ...service, name: "" }) : { ...service, name: slug }
}

const unnamed = (service: Service): Service => ({ ...service, name: `port-${service.port}` })

const labelOf = (whole: Place, text: string): string | undefined => {
  const label = whole
    .at("portsAttributes")
    ?.at(text.replace(/^localhost:/, ""))
    ?.at("label")
  return label?.isText === true ? label.text() : undefined
}
