import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ProjectId } from "../../src/domain/Ids.ts"
import {
  identityText,
  mintProjectId,
  normaliseRemote,
  observe,
  type ProjectFact,
  recognise,
  type RepositoryFacts,
  type State
} from "../../src/domain/Project.ts"
import { specOf } from "../support/spec.ts"

/** A fact, and the project that it is about. */
type Recorded = ProjectFact & { readonly of: string }

const applied = (states: ReadonlyArray<State>, { of, ...fact }: Recorded): ReadonlyArray<State> => {
  const id = of as ProjectId
  if (fact.type === "ProjectRegistered") {
    const { root, remote, path } = fact.payload
    return [...states, { id, root, remote, paths: [path] }]
  }
  return states.map((state) =>
    state.id !== id
      ? state
      : fact.type === "ProjectIdentified"
        ? { ...state, ...fact.payload }
        : { ...state, paths: [...state.paths, fact.payload.path] }
  )
}

const idOf = (known: ReadonlyArray<State>, facts: RepositoryFacts): string =>
  recognise(known, facts)?.id ?? mintProjectId(createHash("sha256").update(identityText(facts)).digest("hex"))

/** What looking at a checkout records, each fact with the project that it is about. */
const look = (known: ReadonlyArray<State>, facts: RepositoryFacts): ReadonlyArray<Recorded> =>
  observe(recognise(known, facts), facts).map((fact) => ({ ...fact, of: idOf(known, facts) }))

const fold = (history: ReadonlyArray<Recorded>) => history.reduce<ReadonlyArray<State>>(applied, [])

const { given } = specOf<ReadonlyArray<State>, RepositoryFacts, Recorded>({ fold, decide: look })

const registered = (of: string, path: string, root: string | null, remote: string | null, name = of): Recorded => ({
  of,
  type: "ProjectRegistered",
  payload: { name, root, remote, path }
})
const identified = (of: string, root: string | null, remote: string | null): Recorded => ({
  of,
  type: "ProjectIdentified",
  payload: { root, remote }
})
const checkout = (of: string, path: string): Recorded => ({ of, type: "CheckoutSeen", payload: { path } })

const [r1, r2] = ["1".repeat(40), "2".repeat(40)]
const fresh = (facts: RepositoryFacts) => idOf([], facts)

describe("looking at a repository", () => {
  it("registers one that nobody has seen, named after its remote", () => {
    const facts = { path: "/home/ada/checkout-3", root: r1, remote: "github.com/ada/engine" }
    given()
      .when(facts)
      .records(registered(fresh(facts), facts.path, r1, facts.remote, "engine"))
  })

  it("names one without a remote after its folder", () => {
    for (const path of ["/home/ada/engine", "C:\\code\\engine"]) {
      const facts = { path, root: r1, remote: null }
      given()
        .when(facts)
        .records(registered(fresh(facts), path, r1, null, "engine"))
    }
    const root = { path: "/", root: null, remote: null }
    given()
      .when(root)
      .records(registered(fresh(root), "/", null, null, "project"))
  })

  it("records nothing about one that is known as it is", () =>
    given(registered("A", "/a", r1, "h/a"))
      .when({ path: "/a", root: r1, remote: "h/a" })
      .records())

  it("knows a second clone of the same remote", () =>
    given(registered("A", "/a", r1, "h/a"))
      .when({ path: "/b", root: r1, remote: "h/a" })
      .records(checkout("A", "/b")))

  it("knows a copy without a remote by its root commit", () =>
    given(registered("A", "/a", r1, "h/a"))
      .when({ path: "/b", root: r1, remote: null })
      .records(checkout("A", "/b")))

  it("keeps a fork with the same root and another remote apart", () => {
    const fork = { path: "/b", root: r1, remote: "h/fork" }
    given(registered("A", "/a", r1, "h/a"))
      .when(fork)
      .records(registered(fresh(fork), "/b", r1, "h/fork", "fork"))
  })

  it("knows each of two forks by its own remote, and prefers the one without a remote for a copy without one", () => {
    const both = [registered("A", "/a", r1, "h/a"), registered("B", "/b", r1, "h/b")]
    given(...both)
      .when({ path: "/c", root: r1, remote: "h/b" })
      .records(checkout("B", "/c"))
    given(...both, registered("C", "/c", r1, null))
      .when({ path: "/d", root: r1, remote: null })
      .records(checkout("C", "/d"))
  })

  it("prefers the project with this very remote over one with none yet", () =>
    given(registered("A", "/a", r1, null), registered("B", "/b", r1, "h/b"))
      .when({ path: "/c", root: r1, remote: "h/b" })
      .records(checkout("B", "/c")))

  it("follows an empty repository to its first commit by its path", () =>
    given(registered("A", "/a", null, null))
      .when({ path: "/a", root: r1, remote: null })
      .records(identified("A", r1, null)))

  it("follows a repository to the remote that is added later, also from another checkout", () => {
    given(registered("A", "/a", r1, null))
      .when({ path: "/a", root: r1, remote: "h/a" })
      .records(identified("A", r1, "h/a"))
    given(registered("A", "/a", r1, null))
      .when({ path: "/b", root: r1, remote: "h/a" })
      .records(identified("A", r1, "h/a"), checkout("A", "/b"))
  })

  it("does not forget a root or remote that one checkout cannot show", () =>
    given(registered("A", "/a", r1, "h/a"))
      .when({ path: "/a", root: null, remote: null })
      .records())

  it("knows a shallow clone by its remote, and learns the root from a whole one", () => {
    given(registered("A", "/a", r1, "h/a"))
      .when({ path: "/b", root: null, remote: "h/a" })
      .records(checkout("A", "/b"))
    given(registered("A", "/a", null, "h/a"))
      .when({ path: "/b", root: r1, remote: "h/a" })
      .records(identified("A", r1, "h/a"), checkout("A", "/b"))
  })

  it("does not take another history in the same folder for the project that was there before", () => {
    const other = { path: "/a", root: r2, remote: null }
    given(registered("A", "/a", r1, null))
      .when(other)
      .records(registered(fresh(other), "/a", r2, null, "a"))
  })

  it("does not take another empty repository for the same one", () => {
    const other = { path: "/b", root: null, remote: null }
    given(registered("A", "/a", null, null))
      .when(other)
      .records(registered(fresh(other), "/b", null, null, "b"))
  })
})

describe("the id of a project", () => {
  it("is the same wherever the same root and remote are met first, whatever the folder", () => {
    expect(identityText({ path: "/a", root: r1, remote: "h/a" })).toBe(
      identityText({ path: "/b", root: r1, remote: "h/a" })
    )
    expect(identityText({ path: "/a", root: r1, remote: null })).toBe(
      identityText({ path: "/b", root: r1, remote: null })
    )
  })

  it("is that of the folder when there is nothing else, and no remote can be taken for a folder", () => {
    const byPath = (path: string) => identityText({ path, root: null, remote: null })
    expect(byPath("/a")).not.toBe(byPath("/b"))
    expect(byPath("/a")).not.toBe(identityText({ path: "/x", root: "path", remote: "/a/x" }))
  })

  it("has 16 digits of the hash", () =>
    expect(mintProjectId("0123456789abcdef".repeat(4))).toBe("prj_0123456789abcdef"))
})

describe("a remote as it is compared", () => {
  const table: ReadonlyArray<readonly [url: string, expected: string]> = [
    ["https://github.com/Ada/x.git", "github.com/Ada/x"],
    ["https://GitHub.COM/Ada/x", "github.com/Ada/x"],
    ["https://github.com/Ada/x/", "github.com/Ada/x"],
    ["https://github.com/Ada/x.git/", "github.com/Ada/x"],
    ["  https://github.com/Ada/x.git\n", "github.com/Ada/x"],
    ["https://ada@github.com/Ada/x", "github.com/Ada/x"],
    ["https://ada:pass@github.com/Ada/x", "github.com/Ada/x"],
    ["https://ada:p@ss@github.com/Ada/x", "github.com/Ada/x"],
    ["https://github.com:443/Ada/x", "github.com/Ada/x"],
    ["http://github.com:80/Ada/x", "github.com/Ada/x"],
    ["git://github.com:9418/Ada/x", "github.com/Ada/x"],
    ["ssh://git@github.com/Ada/x.git", "github.com/Ada/x"],
    ["ssh://git@github.com:22/Ada/x.git", "github.com/Ada/x"],
    ["git+ssh://git@github.com/Ada/x.git", "github.com/Ada/x"],
    ["git@github.com:Ada/x.git", "github.com/Ada/x"],
    ["git@GITHUB.com:Ada/x", "github.com/Ada/x"],
    ["github.com:Ada/x.git", "github.com/Ada/x"],
    ["git@host:/srv/git/x.git", "host/srv/git/x"],
    ["ssh://git@host/srv/git/x.git", "host/srv/git/x"],
    ["ssh://git@host:2222/x.git", "host:2222/x"],
    ["https://host/a/b/c.git", "host/a/b/c"],
    ["/srv/git/x.git", "/srv/git/x"],
    ["../x.git", "../x"],
    ["./with:colon", "./with:colon"],
    ["C:\\code\\x", "C:\\code\\x"],
    ["C:/code/x", "C:/code/x"]
  ]
  it.each(table)("%j is %j", (url, expected) => expect(normaliseRemote(url)).toBe(expected))

  it("holds no user and no password, whatever they are made of", () => {
    const part = fc.stringMatching(/^[A-Za-z0-9!$%&()*+,;=@:.~-]{1,12}$/)
    fc.assert(
      fc.property(part, part, (user, pass) => {
        const url = `https://${user}X:Y${pass}@example.com/a/b`
        expect(normaliseRemote(url)).toBe("example.com/a/b")
      })
    )
  })
})

const anyLook: fc.Arbitrary<RepositoryFacts> = fc.record({
  path: fc.constantFrom("/a", "/b", "/c"),
  root: fc.constantFrom(null, r1, r2),
  remote: fc.constantFrom(null, "h/x", "h/y")
})

describe("laws of projects", () => {
  it("looking again at what was just recorded records nothing", () => {
    fc.assert(
      fc.property(fc.array(anyLook, { minLength: 1, maxLength: 12 }), (looks) => {
        let states: ReadonlyArray<State> = []
        for (const facts of looks) {
          states = look(states, facts).reduce(applied, states)
          expect(look(states, facts)).toStrictEqual([])
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("no two projects get one id, no known root or remote is replaced, and every look finds a project with its facts", () => {
    fc.assert(
      fc.property(fc.array(anyLook, { minLength: 1, maxLength: 12 }), (looks) => {
        let states: ReadonlyArray<State> = []
        for (const facts of looks) {
          const before = states
          states = look(states, facts).reduce(applied, states)
          expect(new Set(states.map(({ id }) => id)).size).toBe(states.length)
          for (const earlier of before) {
            const now = states.find(({ id }) => id === earlier.id)
            if (earlier.root !== null) expect(now?.root).toBe(earlier.root)
            if (earlier.remote !== null) expect(now?.remote).toBe(earlier.remote)
          }
          const found = recognise(states, facts)
          expect(found?.paths).toContain(facts.path)
          if (facts.root !== null) expect(found?.root).toBe(facts.root)
          if (facts.remote !== null) expect(found?.remote).toBe(facts.remote)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
