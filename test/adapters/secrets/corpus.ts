/**
 * The labelled corpus that the redactor is measured on.
 *
 * Every secret here is FAKE: a public prefix joined at run time to characters drawn from a seeded generator, so that
 * nothing in this file (or in the repository) has the shape of a credential and no scanner flags it. The texts around
 * them are what an agent's hook payload carries: shell commands, tool results, file contents, prompts, JSON.
 */

export interface Positive {
  readonly name: string
  readonly text: string
  /** Each must be gone, whole and in part, from the redacted text. */
  readonly secrets: ReadonlyArray<string>
}

export interface Negative {
  readonly name: string
  /** Must come back unchanged. */
  readonly text: string
}

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const LOWER = "abcdefghijklmnopqrstuvwxyz"
const DIGITS = "0123456789"
const ALNUM = UPPER + LOWER + DIGITS
const HEX = DIGITS + "abcdef"
const BASE32 = UPPER + "234567"
const BASE64 = ALNUM + "+/"
const BASE64URL = ALNUM + "-_"

/** A seeded generator (mulberry32 over an FNV-1a hash of the seed). */
const generator = (seed: string): (() => number) => {
  let state = 2166136261
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16777619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** `length` characters of `alphabet`, always the same for the same seed. */
export const chars = (seed: string, alphabet: string, length: number): string => {
  const next = generator(seed)
  let text = ""
  for (let i = 0; i < length; i++) text += alphabet.charAt(Math.floor(next() * alphabet.length))
  return text
}

const join = (...parts: ReadonlyArray<string>): string => parts.join("")
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export const jwt = (seed: string): string =>
  [
    base64url({ alg: "HS256", typ: "JWT" }),
    base64url({ sub: chars(seed, DIGITS, 10), name: "Ada Lovelace", iat: 1735689600 }),
    chars(seed + "/sig", BASE64URL, 42) + "A"
  ].join(".")

/** A PEM block of `lines` lines of 64 characters. `newline` may be an escaped one, as in JSON. */
export const pem = (seed: string, label: string, start: string, lines: number, newline = "\n"): string => {
  const dashes = "-".repeat(5)
  const body = Array.from({ length: lines }, (_, i) =>
    i === 0 ? start + chars(`${seed}/${i}`, BASE64, 64 - start.length) : chars(`${seed}/${i}`, BASE64, 64)
  )
  const words = (edge: string) => [dashes, edge, " ", label, "PRIVATE ", "KEY", dashes].join("")
  return [words("BEGIN"), ...body, words("END")].join(newline)
}

const one = (name: string, secret: string, text: (secret: string) => string): Positive => ({
  name,
  text: text(secret),
  secrets: [secret]
})

const awsId = (seed: string) => join("AKIA", chars(seed, BASE32, 16))
const awsSecret = (seed: string) => chars(seed, BASE64, 40)
const ghp = (seed: string) => join("ghp_", chars(seed, ALNUM, 36))
const t3 = "T3Blbk" + "FJ"

/** Secrets in their own, recognisable format. */
const formatted: ReadonlyArray<Positive> = [
  one("aws access key in a shell export", awsId("aws1"), (s) => `export AWS_ACCESS_KEY_ID=${s}\nnpm run deploy`),
  one("aws access key in prose", awsId("aws2"), (s) => `The key ${s} was rotated yesterday, please check CloudTrail.`),
  one("aws temporary key", join("ASIA", chars("aws3", BASE32, 16)), (s) => `aws_access_key_id = ${s}`),
  one("aws secret key in credentials file", awsSecret("aws4"), (s) => `[default]\naws_secret_access_key = ${s}\n`),
  one("aws secret key in env", awsSecret("aws5"), (s) => `AWS_SECRET_ACCESS_KEY=${s} aws s3 ls`),
  one("aws secret key in JSON", awsSecret("aws6"), (s) => `{"Credentials":{"SecretAccessKey":"${s}"}}`),
  one("aws secret key in TypeScript", awsSecret("aws7"), (s) => `  secretAccessKey: "${s}",`),
  one("github classic token in a URL", ghp("gh1"), (s) => `git clone https://${s}@github.com/acme/private.git`),
  one("github classic token in env", ghp("gh2"), (s) => `GITHUB_TOKEN=${s} gh pr list`),
  one("github token in escaped JSON", ghp("gh3"), (s) => JSON.stringify({ output: `{"token":"${s}"}\n` })),
  one("github oauth token", join("gho_", chars("gh4", ALNUM, 36)), (s) => `oauth_token: ${s}`),
  one("github app token", join("ghs_", chars("gh5", ALNUM, 36)), (s) => `x-access-token:${s}`),
  one(
    "github fine-grained token",
    join("github", "_pat_", chars("gh6", ALNUM + "_", 82)),
    (s) => `gh auth login: ${s}`
  ),
  one("gitlab token", join("glpat-", chars("gl1", BASE64URL, 20)), (s) => `curl --header "PRIVATE-TOKEN: ${s}" $URL`),
  one("gitlab token at a line's end", join("glpat-", chars("gl2", ALNUM, 20)), (s) => `use ${s}\nand push`),
  one(
    "slack bot token",
    join("xoxb-", chars("sl1", DIGITS, 12), "-", chars("sl2", DIGITS, 12), "-", chars("sl3", ALNUM, 24)),
    (s) => `SLACK_BOT_TOKEN="${s}"`
  ),
  one(
    "slack user token",
    join(
      "xoxp-",
      [chars("sl4", DIGITS, 12), chars("sl5", DIGITS, 12), chars("sl6", DIGITS, 12), chars("sl7", HEX, 32)].join("-")
    ),
    (s) => `client = WebClient(token='${s}')`
  ),
  one(
    "slack webhook",
    join("T", chars("sl8", UPPER + DIGITS, 10), "/B", chars("sl9", UPPER + DIGITS, 10), "/", chars("sl10", ALNUM, 24)),
    (s) => `curl -X POST -d '{"text":"hi"}' https://hooks.slack.com/services/${s}`
  ),
  one("stripe live key", join("sk", "_live_", chars("st1", ALNUM, 24)), (s) => `const stripe = new Stripe("${s}")`),
  one("stripe long live key", join("sk", "_live_51", chars("st2", ALNUM, 97)), (s) => `STRIPE_SECRET_KEY=${s}`),
  one("stripe restricted key", join("rk", "_live_", chars("st3", ALNUM, 99)), (s) => `stripe login --api-key ${s}`),
  one(
    "openai classic key",
    join("sk-", chars("oa1", ALNUM, 20), t3, chars("oa2", ALNUM, 20)),
    (s) => `OPENAI_API_KEY=${s}`
  ),
  one(
    "openai project key",
    join("sk-proj-", chars("oa3", BASE64URL, 74), t3, chars("oa4", BASE64URL, 73) + "A"),
    (s) => `client = OpenAI(api_key="${s}")`
  ),
  one(
    "openai project key in prose",
    join("sk-proj-", chars("oa5", BASE64URL, 74), t3, chars("oa6", BASE64URL, 73) + "B"),
    (s) => `here is my key: ${s}, please use it`
  ),
  one(
    "anthropic key",
    join("sk-ant-", "api03-", chars("an1", BASE64URL, 93), "AA"),
    (s) => `export ANTHROPIC_API_KEY=${s}`
  ),
  one(
    "anthropic key in backquotes",
    join("sk-ant-", "api03-", chars("an2", BASE64URL, 93), "AA"),
    (s) => `my key is \`${s}\`.`
  ),
  one("groq key", join("gsk", "_", chars("gq1", ALNUM, 52)), (s) => `try it with ${s} first`),
  one("openrouter key", join("sk-or-", "v1-", chars("or1", HEX, 64)), (s) => `const client = make("${s}")`),
  one(
    "anthropic oauth token",
    join("sk-ant-", "oat01-", chars("an3", BASE64URL, 93), "AA"),
    (s) => `CLAUDE_CODE_OAUTH_TOKEN=${s} claude -p hi`
  ),
  one("google api key", join("AIza", "Sy", chars("go1", BASE64URL, 32) + "k"), (s) => `const key = "${s}"`),
  one(
    "google api key in a URL",
    join("AIza", "Sy", chars("go2", BASE64URL, 32) + "k"),
    (s) => `https://maps.googleapis.com/maps/api/js?key=${s}&callback=init`
  ),
  one("google oauth client secret", join("GOCSPX-", chars("go3", BASE64URL, 28)), (s) => `"client_secret":"${s}"`),
  {
    name: "gcp service account JSON",
    ...(() => {
      const key = pem("gcp", "", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", 26, "\n")
      const document = { type: "service_account", project_id: "acme", private_key_id: "k1", private_key: key }
      return { text: JSON.stringify(document, null, 2), secrets: key.split("\n").slice(1, -1) }
    })()
  },
  one("npm token", join("npm", "_", chars("np1", ALNUM, 36)), (s) => `//registry.npmjs.org/:_authToken=${s}`),
  one("npm token in env", join("npm", "_", chars("np2", ALNUM, 36)), (s) => `NPM_TOKEN=${s} npm publish`),
  one("pypi token", join("pypi-", "AgEIcHlwaS5vcmc", chars("py1", BASE64URL, 140)), (s) => `password = ${s}`),
  one(
    "sendgrid key",
    join("SG.", chars("sg1", BASE64URL, 22), ".", chars("sg2", BASE64URL, 43)),
    (s) => `sgMail.setApiKey("${s}")`
  ),
  one("twilio api key", join("SK", chars("tw1", HEX, 32)), (s) => `TWILIO_API_KEY=${s}`),
  one("twilio auth token", chars("tw2", HEX, 32), (s) => `TWILIO_AUTH_TOKEN=${s}`),
  one("jwt", jwt("jwt1"), (s) => `token: ${s}`),
  one("jwt in a header", jwt("jwt2"), (s) => `Authorization: Bearer ${s}`),
  one("jwt in JSON", jwt("jwt3"), (s) => JSON.stringify({ access_token: s, expires_in: 3600 })),
  one(
    "azure storage key",
    chars("az1", BASE64, 86) + "==",
    (s) => `DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=${s};EndpointSuffix=core.windows.net`
  ),
  one(
    "azure client secret",
    join(chars("az2", ALNUM, 3), "8Q~", chars("az3", ALNUM + "_.-", 33) + "a"),
    (s) => `AZURE_CLIENT_SECRET=${s}`
  ),
  one(
    "azure service bus key",
    chars("az4", BASE64, 43) + "=",
    (s) => `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${s}`
  ),
  one(
    "hugging face token",
    join("hf", "_", chars("hf1", UPPER + LOWER, 34)),
    (s) => `huggingface-cli login --token ${s}`
  ),
  one("digitalocean token", join("dop", "_v1_", chars("do1", HEX, 64)), (s) => `doctl auth init -t ${s}`),
  one("shopify token", join("shpat", "_", chars("sh1", HEX, 32)), (s) => `X-Shopify-Access-Token: ${s}`),
  one("linear key", join("lin", "_api_", chars("li1", ALNUM, 40)), (s) => `curl -H "Authorization: ${s}" $LINEAR`),
  one("vault token", join("hvs.", chars("va1", BASE64URL, 95)), (s) => `VAULT_TOKEN=${s} vault kv get secret/app`),
  one("databricks token", join("dapi", chars("da1", HEX, 32)), (s) => `DATABRICKS_TOKEN=${s}`),
  one(
    "telegram bot token",
    join(chars("te1", "123456789", 10), ":AA", chars("te2", BASE64URL, 33)),
    (s) => `TELEGRAM_BOT_TOKEN=${s}`
  ),
  one(
    "grafana service token",
    join("glsa", "_", chars("gr1", ALNUM, 32), "_", chars("gr2", HEX, 8)),
    (s) => `auth=${s}`
  ),
  one("age secret key", join("AGE-SECRET-KEY-1", chars("ag1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)), (s) => `${s}\n`)
]

const block = (name: string, key: string, text: (key: string) => string): Positive => ({
  name,
  text: text(key),
  secrets: key.split(/\r?\n/).slice(1, -1)
})

const privateKeys: ReadonlyArray<Positive> = [
  block("rsa private key", pem("pk1", "RSA ", "MIIEpAIBAAKCAQEA", 25), (k) => `$ cat key.pem\n${k}\n$ `),
  block("ec private key", pem("pk2", "EC ", "MHcCAQEEI", 3), (k) => `Please use\n${k}\nfor signing.`),
  block("pkcs8 private key", pem("pk3", "", "MIIEvQIBADAN", 26), (k) => `const key = \`${k}\``),
  block(
    "openssh private key",
    pem("pk4", "OPENSSH ", "b3BlbnNzaC1rZXktdjEAAAAA", 36),
    (k) => `cat > ~/.ssh/id_ed25519 <<EOF\n${k}\nEOF`
  ),
  block("private key with CRLF", pem("pk5", "RSA ", "MIIEpAIBAAKCAQEA", 25, "\r\n"), (k) => `${k}\r\n`),
  block("encrypted private key", pem("pk6", "ENCRYPTED ", "MIIFHDBOBgkqhkiG9w0BBQ0w", 28), (k) => k),
  block(
    "indented private key (YAML)",
    pem("pk7", "RSA ", "MIIEpAIBAAKCAQEA", 25, "\n    "),
    (k) => `tls:\n  key: |\n    ${k}\n  other: 1`
  )
]

const password = (seed: string) =>
  join(chars(seed, LOWER, 5), chars(seed + "d", DIGITS, 3), chars(seed + "u", UPPER, 4))

/** Secrets known only by what stands around them. */
const contextual: ReadonlyArray<Positive> = [
  one("postgres url", password("db1"), (s) => `DATABASE_URL=postgres://app:${s}@db.internal.acme.io:5432/app`),
  one(
    "postgresql url in TypeScript",
    password("db2"),
    (s) => `new Pool({ connectionString: "postgresql://app:${s}@10.0.0.4/app" })`
  ),
  one("mysql url", password("db3"), (s) => `mysql://root:${s}@mysql:3306/shop`),
  one("mongodb url", password("db4"), (s) => `mongosh "mongodb+srv://admin:${s}@cluster0.ab1cd.mongodb.net/test"`),
  one("redis url without a user", password("db5"), (s) => `REDIS_URL=redis://:${s}@cache.acme.io:6379/0`),
  one("amqp url", password("db6"), (s) => `amqp://worker:${s}@rabbit.acme.io:5672`),
  one("url password with symbols", join("p%40ss-", password("db7"), "!"), (s) => `postgres://app:${s}@db.acme.io/app`),
  one("basic auth in a URL", password("ba1"), (s) => `curl https://deploy:${s}@artifacts.acme.io/build.tgz`),
  one("basic auth in a git remote", password("ba2"), (s) => `origin\thttps://bot:${s}@git.acme.io/app.git (fetch)`),
  one("password in TypeScript", join(password("pw1"), "!"), (s) => `  const password = "${s}"`),
  one("password in YAML", password("pw2"), (s) => `database:\n  user: app\n  password: ${s}\n`),
  one("password in JSON", password("pw3"), (s) => JSON.stringify({ user: "ada", password: s })),
  one("password in JSON in JSON", password("pw4"), (s) =>
    JSON.stringify({ body: JSON.stringify({ user: "ada", password: s }) })
  ),
  one("password in env", password("pw5"), (s) => `POSTGRES_PASSWORD=${s}\nPOSTGRES_USER=app`),
  one("PGPASSWORD on a command line", password("pw6"), (s) => `PGPASSWORD=${s} psql -h db -U app`),
  one("api key in an export", chars("ak1", ALNUM, 32), (s) => `export API_KEY=${s}`),
  one("api key in quotes", chars("ak2", HEX, 40), (s) => `api_key: "${s}"`),
  one("api key in camel case", chars("ak3", ALNUM, 32), (s) => `{"apiKey":"${s}"}`),
  one("secret key of a framework", chars("ak4", ALNUM + "-_", 50), (s) => `SECRET_KEY = '${s}'`),
  one("client secret", chars("ak5", ALNUM, 40), (s) => `client_secret=${s}&grant_type=client_credentials`),
  one("access token", chars("ak6", ALNUM, 40), (s) => `"access_token": "${s}"`),
  one("docker env flag", chars("ak7", ALNUM, 32), (s) => `docker run -e AUTH_TOKEN=${s} acme/app`),
  one("bearer header", chars("be1", ALNUM, 40), (s) => `Authorization: Bearer ${s}`),
  one(
    "bearer header in curl",
    chars("be2", HEX, 48),
    (s) => `curl -H "Authorization: Bearer ${s}" https://api.acme.io`
  ),
  one("bearer header in JSON", chars("be3", ALNUM + "-_", 44), (s) =>
    JSON.stringify({ headers: { Authorization: `Bearer ${s}` } })
  ),
  one(
    "bearer header in curl, single quotes",
    chars("be4", ALNUM, 32),
    (s) => `curl -sS -H 'Authorization: Bearer ${s}' $U`
  ),
  one("basic header", Buffer.from("ada:" + password("bh1")).toString("base64"), (s) => `Authorization: Basic ${s}`),
  one("x-api-key header", chars("xa1", ALNUM, 32), (s) => `curl -H "x-api-key: ${s}" https://api.acme.io/v1/items`),
  one("curl user", password("cu1"), (s) => `curl -u ada:${s} https://api.acme.io/v1`),
  {
    name: "docker config auth",
    ...(() => {
      const auth = Buffer.from("ada:" + password("dc1")).toString("base64")
      return { text: `{"auths":{"https://index.docker.io/v1/":{"auth":"${auth}"}}}`, secrets: [auth] }
    })()
  }
]

export const positives: ReadonlyArray<Positive> = [...formatted, ...privateKeys, ...contextual]

const integrity = (seed: string) => `sha512-${chars(seed, BASE64, 86)}==`
const uuid = (seed: string) => {
  const h = chars(seed, HEX, 32)
  return [h.slice(0, 8), h.slice(8, 12), "4" + h.slice(13, 16), "a" + h.slice(17, 20), h.slice(20)].join("-")
}

export const negatives: ReadonlyArray<Negative> = [
  { name: "git sha", text: `commit ${chars("n1", HEX, 40)}\nAuthor: Ada Lovelace <ada@acme.io>` },
  {
    name: "git log oneline",
    text: `${chars("n2", HEX, 7)} fix: token refresh\n${chars("n3", HEX, 7)} feat: api key page`
  },
  { name: "git diff index", text: `index ${chars("n4", HEX, 10)}..${chars("n5", HEX, 10)} 100644\n--- a/src/auth.ts` },
  { name: "uuid", text: `session ${uuid("n6")} started` },
  {
    name: "uuid in JSON",
    text: JSON.stringify({ session_id: uuid("n7"), tool_use_id: "toolu_" + chars("n8", ALNUM, 24) })
  },
  {
    name: "npm lockfile",
    text: `"integrity": "${integrity("n9")}",\n"resolved": "https://registry.npmjs.org/zod/-/zod-4.1.0.tgz"`
  },
  { name: "pnpm lockfile", text: `  tokenizr@1.7.0:\n    resolution: {integrity: ${integrity("n10")}}` },
  { name: "yarn lockfile", text: `js-tokens@^4.0.0:\n  version "4.0.0"\n  integrity ${integrity("n11")}` },
  { name: "cargo lockfile", text: `name = "secrecy"\nversion = "0.8.0"\nchecksum = "${chars("n12", HEX, 64)}"` },
  { name: "go.sum", text: `github.com/acme/keyring v1.2.0 h1:${chars("n13", BASE64, 43)}=` },
  { name: "docker digest", text: `FROM node:24@sha256:${chars("n14", HEX, 64)}` },
  {
    name: "base64 png",
    text: `<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA${chars("n15", BASE64, 900)}">`
  },
  { name: "base64 wasm", text: `const wasm = "AGFzbQEAAAAB${chars("n16", BASE64, 600)}"` },
  {
    name: "base64 font",
    text: `@font-face{src:url(data:font/woff2;base64,d09GMgABAAAAA${chars("n17", BASE64, 800)})}`
  },
  {
    name: "source map",
    text: `//# sourceMappingURL=index.js.map\n{"mappings":"AAAA,SAAS,GAAG,CAAC,IAAI,EAAE,CAAC;AACpB"}`
  },
  {
    name: "minified js",
    text: `!function(e,t){"use strict";var n=t.key,r=e.token||"";function i(e){return e.password===n?r:null}}(a,b);`
  },
  {
    name: "minified js 2",
    text: `var o={accessToken:t.accessToken,apiKey:t.apiKey,secret:n.secret},s=o.accessToken||u()`
  },
  { name: "placeholder api key", text: `OPENAI_API_KEY=YOUR_API_KEY` },
  { name: "placeholder in README", text: `export ANTHROPIC_API_KEY=sk-ant-...` },
  { name: "placeholder your-...-here", text: `API_KEY="your-api-key-here"` },
  { name: "placeholder angle brackets", text: `curl -H "Authorization: Bearer <your-token>" https://api.acme.io` },
  { name: "placeholder xs", text: `token: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"` },
  { name: "placeholder stars", text: `password: "****************"` },
  { name: "placeholder changeme", text: `POSTGRES_PASSWORD=changeme` },
  { name: "aws documented example", text: `aws_access_key_id = AKIAIOSFODNN7EXAMPLE` },
  { name: "process.env", text: `const apiKey = process.env.API_KEY` },
  { name: "process.env in a header", text: "headers: { Authorization: `Bearer ${process.env.API_TOKEN}` }" },
  { name: "import.meta.env", text: `const token = import.meta.env.VITE_ACCESS_TOKEN ?? ""` },
  { name: "os.environ", text: `SECRET_KEY = os.environ["SECRET_KEY"]` },
  { name: "shell variable", text: `export API_KEY="$MY_API_KEY"\ncurl -H "Authorization: Bearer $TOKEN" "$URL"` },
  { name: "shell default", text: 'PASSWORD="${DB_PASSWORD:-}"\nexport GITHUB_TOKEN=$(gh auth token)' },
  { name: "github actions secret", text: "env:\n  NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n  TOKEN: ${{ github.token }}" },
  { name: "terraform variable", text: `password = var.db_password\ntoken    = data.aws_ssm_parameter.token.value` },
  { name: "helm template", text: `password: {{ .Values.db.password | quote }}` },
  { name: "example url", text: `See https://example.com/docs/authentication?tab=api-keys for more.` },
  { name: "url with a port", text: `http://localhost:3000/api/tokens and ws://127.0.0.1:8080/socket` },
  { name: "url with an at sign in its path", text: `https://unpkg.com/react@18.2.0/umd/react.production.min.js` },
  { name: "scoped package url", text: `https://registry.npmjs.org/@types/node/-/node-24.0.0.tgz` },
  {
    name: "ssh remote",
    text: `git clone git@github.com:acme/app.git && git remote add up ssh://git@git.acme.io:22/app.git`
  },
  { name: "url credentials from variables", text: "postgres://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/app" },
  { name: "url credentials in shell", text: `DATABASE_URL="postgres://$USER:$PASSWORD@localhost/app"` },
  { name: "url user without password", text: `psql postgres://app@db.acme.io/app` },
  {
    name: "css hash classes",
    text: `.Button_root__${chars("n18", ALNUM, 5)} { color: #1a2b3c } .css-${chars("n19", LOWER + DIGITS, 7)}{}`
  },
  { name: "hex colours", text: `--fg: #0f172a; --bg: #f8fafc; --accent: #7c3aedcc;` },
  { name: "chunk names", text: `dist/assets/index-${chars("n20", ALNUM, 8)}.js   142.31 kB │ gzip: 45.79 kB` },
  {
    name: "typescript types",
    text: `interface Config { readonly apiKey: string; readonly password: string | undefined }`
  },
  {
    name: "typescript function",
    text: `export const verifyPassword = (password: string, hash: string): Promise<boolean> =>`
  },
  { name: "typescript call", text: `const token = await getAccessToken(request.headers.authorization)` },
  { name: "typescript assignment", text: `this.secret = options.secretProvider.currentSecret()` },
  {
    name: "typescript key constants",
    text: `const STORAGE_KEY = "nexus.session.v1"\nconst CACHE_KEY = "user-preferences"`
  },
  { name: "react keys", text: `<li key={item.id} onKeyDown={handleKeyDown} accessKey="s">` },
  { name: "sql", text: `CREATE TABLE users (id INTEGER PRIMARY KEY, password_hash TEXT NOT NULL, api_key_id TEXT)` },
  {
    name: "openapi",
    text: `securitySchemes:\n  bearerAuth:\n    type: http\n    scheme: bearer\n    bearerFormat: JWT`
  },
  {
    name: "prose on tokens",
    text: `The token is stored in the keychain; the password is never written to disk. Secret: none.`
  },
  {
    name: "prose on passwords",
    text: `Your password must be at least 12 characters. Forgot password? Use "Reset password".`
  },
  { name: "llm token counts", text: `{"input_tokens":15023,"output_tokens":812,"cache_read_input_tokens":120394}` },
  { name: "max tokens", text: `max_tokens: 4096, tokenizer: "cl100k_base", stop_token_ids: [151643, 151645]` },
  { name: "public key", text: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${chars("n21", BASE64, 43)} ada@laptop` },
  {
    name: "certificate",
    text: [
      "-----BEGIN CERT" + "IFICATE-----",
      "MIID" + chars("n22", BASE64, 60),
      "-----END CERT" + "IFICATE-----"
    ].join("\n")
  },
  {
    name: "public key pem",
    text: `-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI${chars("n23", BASE64, 44)}\n-----END PUBLIC KEY-----`
  },
  {
    name: "pem header in code",
    text: `if (text.startsWith("-----BEGIN RSA PRIVATE KEY-----")) throw new Error("no keys here")`
  },
  { name: "etag", text: `etag: W/"${chars("n24", HEX, 32)}"\nx-request-id: ${uuid("n25")}` },
  { name: "csp nonce hash", text: `script-src 'sha256-${chars("n26", BASE64, 43)}='` },
  {
    name: "python traceback",
    text: `File "/usr/lib/python3.12/secrets.py", line 45, in token_hex\n    return token_bytes(nbytes).hex()`
  },
  {
    name: "file listing",
    text: `-rw-r--r-- 1 ada staff 1204 Jan 3 10:22 api_keys.test.ts\n-rw------- 1 ada staff 411 Jan 3 10:22 id_rsa.pub`
  },
  {
    name: "keyboard shortcuts",
    text: `{ "key": "ctrl+shift+p", "command": "workbench.action.showCommands", "when": "editorTextFocus" }`
  },
  { name: "i18n keys", text: `"auth.password.label": "Password",\n"auth.token.expired": "Your session has expired"` },
  { name: "k8s secret ref", text: `valueFrom:\n  secretKeyRef:\n    name: app-secrets\n    key: database-password` },
  { name: "docker compose file secret", text: `secrets:\n  db_password:\n    file: ./secrets/db_password.txt` },
  {
    name: "test fixture words",
    text: `expect(screen.getByLabelText("Password")).toHaveValue("")\nconst tokens = tokenize("a + b")`
  },
  { name: "package.json dependency", text: `"password-validator": "^5.3.0",\n"rule-1password": "13.0.7-beta.1"` },
  { name: "model names", text: `model: "claude-opus-4-5-20251101", fallback: "gpt-5.1-codex-max", key: "value"` },
  {
    name: "version table",
    text: `@secretlint/core 13.0.7\ntoken-types 6.1.1\npassword-validator 5.3.0\napi-extractor 7.52.8`
  }
]
