/** The questions of `nexus trace`, answered: the use cases that commands and exports stand on. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Attribution, BlamedFile, BlamedLine } from "../../domain/attribution/Attribution.ts"
import { insertions, slid } from "../../domain/attribution/Insertions.ts"
import { unknown } from "../../domain/attribution/Owners.ts"
import { linesOf } from "../../domain/attribution/Text.ts"
import { transition } from "../../domain/attribution/Transition.ts"
import { EventLog } from "../../events/EventLog.ts"
import { linesIn } from "../../projections/ContentLines.ts"
import { gitOid } from "../ContentStore.ts"
import { Nexus } from "../Nexus.ts"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { remember } from "./AnswerCache.ts"
import { type BlameRequest, type Content, contentsOf, recordedContent } from "./BlameContent.ts"
import { gather, type Past } from "./Past.ts"
import { scanned } from "./Scanned.ts"

export { type BlameRequest, NotAFile } from "./BlameContent.ts"
export { attributedCommits, commitsOf } from "./Commits.ts"

/** Who wrote each line of files in the checkout that the command was given in. */
export const blame = (requests: ReadonlyArray<BlameRequest>) =>
  Effect.gen(function* () {
    const checkout = yield* checkoutHere
    const nexus = yield* Nexus
    // What the answers rest on, as it is now: what changes meanwhile makes them be derived again.
    const history = yield* History
    const repository = yield* history.fingerprint(checkout.path)
    const index = yield* history.indexState(checkout.path)
    // What needs nothing of the log is asked of git while that is brought up to date.
    const asking = yield* Effect.fork(contentsOf(checkout, requests))
    const { project } = yield* scanned(checkout)
    const { hash: log } = yield* (yield* EventLog).head
    const asked = yield* Fiber.join(asking)
    const contents: Array<Content> = []
    for (const [index, request] of requests.entries())
      contents.push(asked.contents[index] ?? (yield* recordedContent(checkout, project, request)))
    const answers: Array<BlamedFile> = []
    for (const mine of grouped(contents)) {
      const [{ head, until } = { head: null, until: undefined }] = mine.map(([, content]) => content)
      const origins = mine.flatMap(([, content]) => content.origins)
      const past = yield* gather({
        project,
        checkout: checkout.path,
        head,
        paths: [...new Set([...mine.map(([, content]) => content), ...origins].map(({ path }) => path))],
        origins,
        pending: mine.every(([, { revision }]) => revision === head) ? [] : asked.pending,
        contents: mine.flatMap(([, { committed }]) => committed ?? []),
        ...(until === undefined ? {} : { until })
      })
      const now = yield* Clock.currentTimeMillis
      for (const [place, content] of mine) {
        const answered = answer(content, past, checkout.path, now)
        answers[place] = answered
        if (content.revision === "worktree" && content.request.lines === undefined)
          remember(
            nexus.home.path,
            { version: nexus.version, checkout: checkout.path, ...content, head: log, repository, index },
            answered
          )
      }
    }
    return answers
  })

/** What can be answered together, with its place among the answers: the same history, up to the same position. */
const grouped = (contents: ReadonlyArray<Content>): ReadonlyArray<ReadonlyArray<readonly [place: number, Content]>> => {
  const groups = new Map<string, Array<readonly [number, Content]>>()
  for (const [place, content] of contents.entries()) {
    const key = `${content.head} ${content.until}`
    groups.set(key, [...(groups.get(key) ?? []), [place, content]])
  }
  return [...groups.values()]
}

const answer = (content: Content, past: Past, checkout: string, now: number): BlamedFile => {
  const { path, bytes, revision, head, committed, request, origins } = content
  const texts = linesIn(bytes) ?? []
  const lineage = past.lineage(path)
  const below = committed === null ? undefined : { oid: committed, committed: past.commit(head ?? "")?.committed ?? 0 }
  const base = committed === null ? [] : (past.lines(committed) ?? [])
  let pending: ReadonlyArray<Attribution> | undefined
  const pendingOwner = (line: number): Attribution => {
    pending ??= lineage.ofUncommitted(path, { oid: gitOid(bytes), lines: texts }, checkout, below, now)
    return pending[slid(insertions(transition(base, texts, 1)), texts, line)] ?? unknown("content-lost")
  }
  const [from, to] = request.lines ?? [1, texts.length]
  // Told apart byte by byte, shown as text.
  const shown = linesOf(bytes.toString("utf8"))
  const lines: Array<BlamedLine> = []
  for (let line = from; line <= Math.min(to, texts.length); line++) {
    const origin = origins[line - 1]
    const owner =
      origin?.commit == null
        ? pendingOwner(line - 1)
        : past.lineage(origin.path).lineOf(origin.commit, origin.path, origin.line)
    lines.push({
      line,
      text: shown[line - 1] ?? "",
      commit: origin?.commit ?? null,
      author: origin?.author ?? null,
      ...owner
    })
  }
  return { file: path, revision, lines }
}
