/**
 * A template as it was when it was read: a copy of its folder in our home, under the digest of what is in it. What is made from the
 * template is made from this, now and later.
 */
import { createHash, randomBytes } from "node:crypto"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { TemplateRefused } from "./TemplateErrors.ts"

/** A template is settings and some files, not a disk: in bytes, and in files. */
export const most = { bytes: 256 * 1024 ** 2, files: 20_000 }

interface Entry {
  readonly path: string
  /** As git has it: a file, one that can be run, a link. */
  readonly mode: "100644" | "100755" | "120000"
}

/** Where the copy of a template is, by its digest. */
export const snapshotOf = (templates: string, digest: string): string => join(templates, digest.replace(/^sha256:/, ""))

/**
 * The SHA-256 over one line for each file, in the order of their paths' bytes: `MODE SHA256 PATH` and a newline, where MODE is 100644,
 * 100755 (it can be run) or 120000 (a link), SHA256 is of the content (of a link: of where it leads to), and PATH is relative.
 * Empty folders and `.git` do not count. Throws TemplateRefused.
 */
const digestOf = (folder: string): string => read(folder, () => undefined)

/** Copies a template to where its digest says, and answers that. What is copied is what is digested. Throws TemplateRefused. */
export const keepSnapshot = (folder: string, templates: string): string => {
  mkdirSync(templates, { recursive: true, mode: 0o700 })
  const fresh = join(templates, `.new-${process.pid}-${randomBytes(4).toString("hex")}`)
  try {
    mkdirSync(fresh, { mode: 0o700 })
    const links: Array<() => void> = []
    const digest = read(folder, ({ path, mode }, content) => {
      const to = join(fresh, path)
      mkdirSync(dirname(to), { recursive: true, mode: 0o755 })
      if (mode === "120000") return void links.push(() => symlinkSync(content.toString("utf8"), to))
      writeFileSync(to, content, { flag: "wx" })
      chmodSync(to, mode === "100755" ? 0o755 : 0o644)
    })
    for (const link of links) link()
    const place = snapshotOf(templates, digest)
    if (isSound(place, digest)) return digest
    rmSync(place, { recursive: true, force: true })
    renameSync(fresh, place)
    return digest
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Whether a copy is there, and is what it should be. */
export const isSound = (place: string, digest: string): boolean => {
  try {
    return existsSync(place) && digestOf(place) === digest
  } catch {
    return false
  }
}

const read = (folder: string, each: (entry: Entry, content: Buffer) => void): string => {
  const hash = createHash("sha256")
  let bytes = 0
  for (const entry of entriesOf(folder)) {
    const file = join(folder, entry.path)
    const content = entry.mode === "120000" ? Buffer.from(readlinkSync(file)) : readFileSync(file)
    bytes += content.length
    if (bytes > most.bytes) throw refused(`It is more than ${most.bytes / 1024 ** 2} MiB.`)
    hash.update(`${entry.mode} ${createHash("sha256").update(content).digest("hex")} ${entry.path}\n`)
    each(entry, content)
  }
  return `sha256:${hash.digest("hex")}`
}

const entriesOf = (folder: string): ReadonlyArray<Entry> => {
  const found: Array<Entry> = []
  const look = (inner: string): void => {
    for (const name of readdirSync(join(folder, inner))) {
      const path = inner === "" ? name : `${inner}/${name}`
      if (path === ".git") continue
      if (name.toLowerCase() === ".git") throw refused(`${path} would be a repository's own.`)
      if (/\p{Cc}/u.test(name)) throw refused(`${JSON.stringify(path)} has a name that can't be told.`)
      const state = lstatSync(join(folder, path))
      if (state.isDirectory()) {
        look(path)
        continue
      }
      if (state.isSymbolicLink()) refuseUnlessWithin(folder, path)
      else if (!state.isFile()) throw refused(`${path} is neither a file nor a folder nor a link.`)
      const mode = state.isSymbolicLink() ? "120000" : (state.mode & 0o100) === 0 ? "100644" : "100755"
      found.push({ path, mode })
      if (found.length > most.files) throw refused(`It has more than ${most.files} files.`)
    }
  }
  look("")
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}

/** A link of `files/` stays within that: it is to mean the same in a worktree. */
const refuseUnlessWithin = (folder: string, path: string): void => {
  const target = readlinkSync(join(folder, path))
  const top = path.startsWith("files/") ? join(folder, "files") : folder
  const to = relative(top, resolve(folder, dirname(path), target))
  if (target.startsWith("/") || to === ".." || to.startsWith("../"))
    throw refused(`${path} is a link that leads out of it, to ${target}.`)
}

const refused = (reason: string) =>
  new TemplateRefused({ reason: `That can't be a template. ${reason}`, hint: "Take it out of the template." })
