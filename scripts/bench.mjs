// Measures how fast Nexus is, each row against a floor measured in the same run: see bench/README.md.
import { main } from "../bench/main.ts"

await main(process.argv.slice(2))
