export { type CachePaths, createCache, locateCache } from "./cache";
export { definedOnly } from "./definedOnly";
export {
  type ArtifactIdentity,
  type ArtifactRequest,
  artifactPath,
  ensureArtifact,
  hasArtifact,
} from "./ensureArtifact";
export { type GoToolchainOptions, goToolchain, listRequirements } from "./goToolchain";
export { findProjectRoot } from "./projectRoot";
export type { Build, Progress } from "./recipe";
export { ensureRequirements, findCommand, type RequirementOptions } from "./requirements";
