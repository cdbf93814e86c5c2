/** What a built-in check found. */
import type { Finding } from "../../domain/boulder/Checks.ts"

export interface Report {
  readonly findings: ReadonlyArray<Finding>
  /** What a reader of the findings should know, a sentence each. */
  readonly remarks: ReadonlyArray<string>
}
