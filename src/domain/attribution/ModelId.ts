/**
 * Names of models as models.dev has them, `provider/model` (Agent Trace 0.1.0, section 6.7), from what clients say.
 * The provider is who makes the model, whoever serves it; a snapshot's date stays, since each is a model of its own.
 */

/** How the names of a maker's models begin. */
const makers: ReadonlyArray<readonly [maker: string, names: RegExp]> = [
  ["anthropic", /^claude\b/],
  ["openai", /^(?:gpt|chatgpt|codex)\b|^o[1-9]\d?(?:-|$)/],
  ["google", /^(?:gemini|gemma)\b/],
  ["xai", /^grok\b/],
  ["deepseek", /^deepseek\b/],
  ["mistral", /^(?:mi[sx]tral|codestral|devstral|magistral|ministral)\b/],
  ["alibaba", /^q(?:wen|wq|vq)/],
  ["moonshotai", /^kimi\b/],
  ["zai", /^glm\b/],
  ["minimax", /^minimax\b/],
  ["cohere", /^command\b/]
]

/** Models that a client makes itself, and that nobody else has. */
const houses: Readonly<Record<string, RegExp>> = { cursor: /^(?:composer|cursor)\b/ }

/**
 * Understood beside plain names: Amazon Bedrock's (`us.anthropic.claude-…-v1:0`, also as an ARN), Vertex AI's
 * (`claude-…@20251101`), Gemini's resource names (`models/gemini-…`), and Claude Code's mark of a long context (`…[1m]`).
 * A name with a provider stays as it is, and so does one of an unknown maker.
 *
 * `agent`: the client that said so ("claude", "cursor").
 */
export const modelId = (name: string, agent = ""): string => {
  const said = name.trim().replace(/\[[^\]]*\]$/, "")
  const plain = said.replace(/^arn:.*\//, "").replace(/^models\//, "")
  const bedrock =
    /^(?:[a-z]{2,6}(?:-[a-z]+)?\.)?(anthropic|amazon|meta|mistral|deepseek|openai|qwen|cohere)\.(.+)$/.exec(plain)
  if (bedrock !== null) return `${bedrock[1]}/${(bedrock[2] ?? "").replace(/(?:-v?\d+)?(?::\w+)+$|-v\d+$/, "")}`
  if (plain.includes("/")) return plain
  const lower = plain.toLowerCase()
  if (houses[agent]?.test(lower) === true) return `${agent}/${plain}`
  const maker = makers.find(([, names]) => names.test(lower))?.[0]
  return maker === undefined ? plain : `${maker}/${plain.replace("@", "-")}`
}
