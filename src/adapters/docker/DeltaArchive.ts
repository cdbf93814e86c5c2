/** The archive of a difference, made while its files are read: what is not kept is left out, what is gone is listed. */
import { once } from "node:events"
import type { Readable } from "node:stream"
import { extract, type Header, pack, type Pack } from "tar-stream"
import type { Change } from "./EnvironmentDelta.ts"
import { opaque } from "./HostLayer.ts"

/** Changed by our own set-up at every start; and the copy by which a change of someone else's is told. */
const accounts = ["/etc/passwd", "/etc/group", "/etc/shadow"]
const ourCopy = "/.nexus/accounts"

/** As the library gives it. */
interface Entry extends AsyncIterable<Buffer> {
  readonly header: Header
  readonly resume: () => void
}

/** Ours, the kernel's, the engine's, or of this one workspace: never kept. */
const left =
  /^\/(?:\.nexus|run|proc|sys|dev)(?:\/|$)|^\/(?:usr\/)?sbin\/docker-init$|^\/(?:\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf|mtab)|etc\/ssh\/ssh_host_[^/]*)$/

/** Made at every start when it is not there. */
const home = "/home/nexus"

export const delta = (
  files: Readable,
  options: {
    /** They are nothing but changes, with a device 0/0 for what is gone; otherwise everything is there. */
    readonly isLayer: boolean
    /** Paths at which something else is mounted. */
    readonly mounts: ReadonlyArray<string>
    /** By the engine's own account; without it the marks of the layer count. */
    readonly changes: Promise<ReadonlyArray<Change> | null> | undefined
    /** The paths below a folder of the image. */
    readonly inImage: (folder: string) => Promise<ReadonlyArray<string>>
    readonly areInImage: (paths: ReadonlyArray<string>) => Promise<boolean>
  }
): { readonly archive: Pack; readonly differs: () => boolean } => {
  const archive = pack()
  let differs = false
  const work = async () => {
    const known = options.isLayer ? undefined : new Set(pathsOf((await options.changes) ?? [], [0, 1]))
    const isMount = (path: string) => options.mounts.some((mount) => path === mount || path.startsWith(`${mount}/`))
    const isLeft = (path: string) => path === "/" || left.test(path) || isMount(path)
    // Folders that are there only for what is in them that is not kept.
    const isFrame = (path: string) =>
      path === home || home.startsWith(`${path}/`) || options.mounts.some((mount) => mount.startsWith(`${path}/`))
    const kept = new Set<string>()
    const held = new Map<string, { readonly header: Header; readonly content: Buffer }>()
    const folders = new Set<string>()
    const marks = new Set<string>()
    const hiding: Array<string> = []
    // An overlay makes one such device, and names it wherever something is gone.
    const isMark = (header: Header) =>
      isGoneMark(header) || (header.type === "link" && marks.has(fromRoot(header.linkname)))
    const reading = extract()
    files.once("error", (cause) => reading.destroy(cause))
    for await (const entry of files.pipe(reading) as unknown as AsyncIterable<Entry>) {
      const path = fromRoot(entry.header.name)
      const isGone = options.isLayer && isMark(entry.header)
      if (isGone) marks.add(path)
      const isAccount = path === ourCopy || accounts.includes(path)
      if (isAccount) held.set(path, { header: entry.header, content: await whole(entry) })
      else if (isLeft(path) || isGone || known?.has(path) === false) entry.resume()
      else {
        kept.add(path)
        if (isOpaque(entry.header)) hiding.push(path)
        if (entry.header.type === "directory") folders.add(path)
        else if (!isFrame(path)) differs = true
        await copied(archive, named(entry.header, path), entry)
      }
    }
    const all = await options.changes
    if (all !== undefined) {
      if (pathsOf(all ?? [], [1]).some((path) => folders.has(path) && !isFrame(path))) differs = true
    } else {
      // A folder that is not in the image is a difference by itself; asked only when it decides.
      const asked = [...folders].filter((path) => !isFrame(path))
      if (!differs) differs = !(await options.areInImage(asked))
    }
    const now = Buffer.concat(accounts.map((path) => held.get(path)?.content ?? Buffer.alloc(0)))
    if (held.size > 1 && held.get(ourCopy)?.content.equals(now) !== true) {
      differs = true
      for (const path of accounts) {
        const one = held.get(path)
        if (one !== undefined && known?.has(path) !== false) archive.entry(named(one.header, path), one.content)
      }
    }
    const hidden = (await Promise.all(hiding.map(options.inImage))).flat()
    const removed = all === undefined ? [...marks, ...hidden] : pathsOf(all ?? [], [2])
    const gone = removed.filter((path) => !isLeft(path) && !kept.has(path))
    if (gone.length > 0) {
      differs = true
      // The container's first process removes them, before any other runs.
      const list = gone.map((path) => `${path}\0`).join("")
      archive.entry({ name: ".nexus/removed", mode: 0o600, uid: 0, gid: 0 }, list)
    }
    archive.finalize()
  }
  work().catch((cause: unknown) => archive.destroy(cause instanceof Error ? cause : new Error(String(cause))))
  return { archive, differs: () => differs }
}

const pathsOf = (changes: ReadonlyArray<Change>, kinds: ReadonlyArray<Change["Kind"]>): ReadonlyArray<string> =>
  changes.filter(({ Kind }) => kinds.includes(Kind)).map(({ Path }) => Path)

/** Without the dot, and the folder's slash, of an archive's name. */
export const fromRoot = (name: string): string => `/${name.replace(/^(?:\.?\/)+|\/+$/g, "").replace(/^\.$/, "")}`

const isOpaque = ({ type, pax }: Header) =>
  type === "directory" && (pax as Readonly<Record<string, string>> | undefined)?.[opaque] === "y"

/** How an overlay marks what is gone (Documentation/filesystems/overlayfs.rst, "whiteouts"). */
const isGoneMark = ({ type, devmajor, devminor }: Header) =>
  type === "character-device" && (devmajor ?? 0) === 0 && (devminor ?? 0) === 0

/** Under its path from the root; long names are written anew. */
const named = (header: Header, path: string): Header => {
  const {
    path: _,
    linkpath: __,
    size: ___,
    [opaque]: ____,
    ...pax
  } = (header.pax as Record<string, string> | null) ?? {}
  const { type, linkname } = header
  const renamed: Header = {
    ...header,
    name: `${path.slice(1)}${type === "directory" ? "/" : ""}`,
    // A second name for a file of the same archive.
    ...(type === "link" && linkname ? { linkname: linkname.replace(/^(?:\.?\/)+/, "") } : {}),
    pax: Object.keys(pax).length > 0 ? pax : null
  }
  return renamed
}

const whole = async (entry: Entry): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of entry) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const copied = async (archive: Pack, header: Header, entry: Entry): Promise<void> => {
  const done = Promise.withResolvers<unknown>()
  const sink = archive.entry(header, (cause) => (cause ? done.reject(cause) : done.resolve(null)))
  if (header.type !== "file" && header.type !== "contiguous-file") entry.resume()
  else {
    for await (const chunk of entry) if (!sink.write(chunk)) await once(sink, "drain")
    sink.end(null)
  }
  await done.promise
}
