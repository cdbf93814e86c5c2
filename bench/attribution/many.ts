/** What is done on a log of very many edits: it is made once, and shared by these rows. */
import Sqlite from "better-sqlite3"
import type { Bench } from "../Bench.ts"
import { launch } from "../processes.ts"
import { absolute, median, type Result, time } from "../Result.ts"
import { answer, install, jobIn, nexus } from "./Asked.ts"
import { type Edit, record } from "./Record.ts"
import { type Repository, repositoryIn } from "./Repository.ts"
import { changed, numbers, spot, textOf, writer } from "./Text.ts"

const perFile = 50
/** The files that the model which is asked for wrote in, and every how many of their edits. */
const rare = { model: "gemini-3-pro", files: 20, every: 10 }
const models = ["claude-opus-4-5", "claude-sonnet-4-5", "gpt-5.1-codex"]
/** Edits of one file that come one after the other. */
const burst = 5
const sessionOf = 500

export interface Many {
  readonly names: { readonly query: string; readonly growth: string; readonly rebuild: string }
  readonly query: () => Promise<ReadonlyArray<Result>>
  readonly rebuild: () => Promise<Result>
}

export const make = (bench: Bench): Many => {
  const [count, fewer] = bench.quick ? [10_000, 2_000] : [100_000, 10_000]
  const shown = (edits: number) => `${edits.toLocaleString("en-US")} edits`
  const names = {
    query: `trace query --model over ${shown(count)}`,
    growth: `trace query --model, ${shown(count)} against ${shown(fewer)}`,
    rebuild: `rebuild attribution, ${shown(count)} on ${(count / perFile).toLocaleString("en-US")} files`
  }
  let made: Promise<Repository> | undefined
  const large = () => (made ??= filled(bench, count))

  return {
    names,
    query: async () => {
      const repositories = [await large(), await filled(bench, fewer)]
      const asks = repositories.map((repository) => ({
        repository,
        command: nexus(bench, repository, "trace", "query", "--model", `google/${rare.model}`, "--json")
      }))
      const jobs = asks.map(({ repository, command }) => jobIn(repository, command))
      const [ours = [], others = []] = launch(bench, { runs: bench.quick ? 7 : 31, jobs })
      for (const { repository, command } of asks) {
        const { items } = answer(repository, command) as { readonly items: ReadonlyArray<{ readonly file: string }> }
        const files = new Set(items.map(({ file }) => file)).size
        if (files !== rare.files) throw new Error(`lines of ${files} files were found, not of ${rare.files}`)
      }
      const [took, less] = [median(ours), median(others)]
      return [absolute(names.query, "ms", took, 300, took <= 300), time(names.growth, "ms", took, less, 1.5)]
    },
    rebuild: async () => {
      const { home } = await large()
      const times: Array<number> = []
      for (let round = 0; round < 3; round++)
        times.push((await bench.child<{ readonly ms: number }>("rebuild", home, "attribution")).ms)
      requireWhole(`${home}/nexus.db`, count)
      const perSecond = (count * 1000) / median(times)
      return absolute(names.rebuild, "events/s", perSecond, 20_000, perSecond >= 20_000)
    }
  }
}

/** Every edit is there, with what became of its lines. */
const requireWhole = (log: string, edits: number): void => {
  const sqlite = new Sqlite(log, { readonly: true })
  const known = sqlite.prepare("SELECT count(*) FROM line_changes WHERE hunks IS NOT NULL").pluck().get()
  sqlite.close()
  if (known !== edits) throw new Error(`${String(known)} edits were derived, not ${edits}`)
}

const filled = async (bench: Bench, count: number): Promise<Repository> => {
  const repository = repositoryIn(bench.folder())
  const start = Date.now() - 2 * count * 1000
  repository.add([{ time: start, files: new Map([["README.md", "# A project\n"]]) }])
  const contents = new Map<string, string>()
  const edits = editsOf(count, start)
  await record(repository, start, watched(edits, contents), (done) => {
    if (done % 20_000 === 0) bench.note(`recorded ${done} edits`)
  })
  install(bench, repository)
  repository.add([{ time: Date.now(), files: contents }])
  return repository
}

function* watched(edits: Iterable<Edit>, contents: Map<string, string>): Generator<Edit> {
  for (const edit of edits) {
    contents.set(edit.path, edit.after)
    yield edit
  }
}

/** Each file is created and grows from 60 lines to 160, in bursts that come in no order. */
function* editsOf(count: number, start: number): Generator<Edit> {
  const random = numbers(3)
  const write = writer("claude")
  const files = Array.from({ length: count / perFile }, (_, index) => ({
    path: `src/${Math.floor(index / 50)}/f${index}.ts`,
    isRare: index < rare.files,
    lines: undefined as ReadonlyArray<string> | undefined,
    done: 0
  }))
  const open = [...files]
  for (let done = 0; done < count;) {
    const index = Math.floor(random() * open.length)
    const file = open[index]
    if (file === undefined) return
    for (let step = 0; step < burst; step++, done++) {
      const before = file.lines
      file.lines = before === undefined ? write(60) : changed(before, spot(before, random, 1), write(3))
      const common = models[done % models.length] ?? ""
      yield {
        path: file.path,
        before: before === undefined ? null : textOf(before),
        after: textOf(file.lines),
        session: `s${Math.floor(done / sessionOf)}`,
        model: file.isRare && file.done % rare.every === 1 ? rare.model : common,
        time: start + 1000 * done
      }
      file.done += 1
    }
    if (file.done >= perFile) open.splice(index, 1)
  }
}
