import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import { backendContract } from "./contract.ts"

backendContract("docker", (log) => dockerBackend(log))
