/** The specification's own schema of a trace record, as an independent judge of what is valid. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020 } from "ajv/dist/2020.js"

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/agent-trace/trace-record.schema.json"), "utf8")
) as object

const ajv = new Ajv2020({
  allErrors: true,
  formats: {
    // The platform's own parser knows what a URL is; it takes some that RFC 3986 does not, by escaping them.
    uri: (value: string) => URL.canParse(value) && !/[^!-~]|[<>"\\^`{|}]|%(?![\da-f]{2})/i.test(value),
    uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
    "date-time": (value: string) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
  }
})
const validate = ajv.compile(schema)

/** What the schema has against a value as JSON; empty when it is a valid record. */
export const complaints = (value: unknown): ReadonlyArray<string> => {
  validate(JSON.parse(JSON.stringify(value)))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
