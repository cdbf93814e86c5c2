/** Repositories that templates come from, by git itself: fetched shallowly, read object by object. No hook or filter is run. */
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Fetched, GitSources } from "../../../app/ports/GitSources.ts"
import { GitFailed } from "../../../app/ports/Repositories.ts"
import { run, text } from "../Git.ts"
import { inherited } from "../Settings.ts"

/** How long a source may take to answer and to send, in milliseconds. */
const patience = 120_000

/** What a fetch may use, and needs to reach others: never a protocol that runs a program of the address' choice. */
const outside = (): Record<string, string> => ({
  ...inherited(
    "SSH_AUTH_SOCK",
    "GIT_SSH_COMMAND",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy"
  ),
  ...inherited("GIT_SSL_CAINFO", "SSL_CERT_FILE"),
  GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh"
})

/** What it sends is checked, and a connection on which nothing comes any more is given up. */
const patiently = ["transfer.fsckObjects=true", "http.lowSpeedLimit=1000", "http.lowSpeedTime=20"].flatMap(
  (setting) => ["-c", setting]
)

/** One commit and nothing besides; the address, which may hold a password, is not written down. */
const alone = ["--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc"]

const fetch: GitSources["Type"]["fetch"] = (cache, address, ref) =>
  Effect.gen(function* () {
    if (!existsSync(join(cache, "HEAD"))) {
      mkdirSync(cache, { recursive: true, mode: 0o700 })
      yield* run(cache, ["init", "--bare", "--quiet", "--template=", "."])
    }
    const kept = `refs/nexus/${createHash("sha256").update(ref).digest("hex")}`
    const commitOf = (name: string) =>
      Effect.map(text(cache, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]), (line) =>
        line.trim()
      )
    // A commit never becomes another one.
    if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(ref)) {
      const known = yield* Effect.option(commitOf(kept))
      if (known._tag === "Some") return { commit: known.value, stale: undefined } satisfies Fetched
    }
    const asked = yield* Effect.either(
      run(cache, [...patiently, "fetch", ...alone, "--", address, `+${ref}:${kept}`], { env: outside() }).pipe(
        Effect.timeoutFail({
          duration: patience,
          onTimeout: () =>
            new GitFailed({ path: cache, operation: "fetch", detail: `no answer within ${patience / 1000} seconds` })
        })
      )
    )
    if (asked._tag === "Right") return { commit: yield* commitOf(kept), stale: undefined } satisfies Fetched
    const known = yield* Effect.option(commitOf(kept))
    if (known._tag === "None") return yield* asked.left
    const stale = asked.left._tag === "GitFailed" ? asked.left.detail : asked.left.message
    return { commit: known.value, stale } satisfies Fetched
  })

interface Entry {
  readonly mode: string
  readonly object: string
  readonly bytes: number
  readonly path: string
}

const write: GitSources["Type"]["write"] = (cache, commit, folder, to, most) =>
  Effect.gen(function* () {
    const failed = (detail: string) => new GitFailed({ path: cache, operation: "ls-tree", detail })
    const listed = yield* text(cache, ["ls-tree", "-r", "-l", "-z", "--full-tree", `${commit}:${folder}`])
    const entries = listed
      .split("\0")
      .map((line) => /^(\d{6}) blob ([0-9a-f]+) +(\d+)\t([^]+)$/.exec(line))
      .flatMap((found): ReadonlyArray<Entry> => {
        const [, mode = "", object = "", bytes = "0", path = ""] = found ?? []
        return path === "" ? [] : [{ mode, object, bytes: Number(bytes), path }]
      })
    if (entries.reduce((sum, { bytes }) => sum + bytes, 0) > most)
      return yield* failed(`its files are more than ${Math.round(most / 1024 ** 2)} MiB`)
    const strange = entries.find(({ path }) =>
      path.split("/").some((name) => name === "" || name === "." || name === "..")
    )
    if (strange !== undefined) return yield* failed(`${JSON.stringify(strange.path)} is no path within it`)
    const { output } = yield* run(cache, ["cat-file", "--batch"], {
      input: entries.map(({ object }) => `${object}\n`).join("")
    })
    let at = 0
    // Links come last, so that nothing is written through one.
    const links: Array<() => void> = []
    for (const { mode, bytes, path } of entries) {
      const begin = output.indexOf(10, at) + 1
      const content = output.subarray(begin, begin + bytes)
      at = begin + bytes + 1
      const file = join(to, path)
      mkdirSync(dirname(file), { recursive: true })
      if (mode === "120000") {
        links.push(() => symlinkSync(content.toString("utf8"), file))
        continue
      }
      writeFileSync(file, content, { flag: "wx" })
      chmodSync(file, mode === "100755" ? 0o755 : 0o644)
    }
    for (const link of links) link()
  })

export const layer = Layer.succeed(GitSources, { fetch, write })
