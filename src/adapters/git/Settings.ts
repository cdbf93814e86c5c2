/** What git is told with every question, so that nothing of the repository's or the user's changes the answer or is run. */

/** What a repository's or a user's configuration must not change about our questions. */
export const settings: ReadonlyArray<string> = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "core.safecrlf=false",
  "diff.indentHeuristic=true",
  "gc.auto=0"
].flatMap((setting) => ["-c", setting])

/** Contents are as they are in the repository, whatever line ends and attributes the user has configured. */
export const plainly: ReadonlyArray<string> = ["core.attributesFile=/dev/null", "core.autocrlf=false"].flatMap(
  (setting) => ["-c", setting]
)

/** Nothing is refreshed, fetched, replaced or asked of a person. */
export const questioning: Readonly<Record<string, string>> = {
  GIT_OPTIONAL_LOCKS: "0",
  // Of git 2.44; before, a protocol that may not be used has the same effect.
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_TERMINAL_PROMPT: "0"
}

/** Only what git needs: variables such as GIT_DIR would lead it to another repository. */
export const environment = (): Record<string, string> => ({
  ...inherited("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT"),
  LC_ALL: "C"
})

/** Those of our own environment's variables that are set. */
export const inherited = (...names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    })
  )
