import type { HostFacts } from "../../plan/hostFacts";

/** Architectures that aistack runs on, as images name them. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;

/** This machine's architecture, as images name it. */
export function ownArchitecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

/** The architecture of a host's engine. */
export function architectureOf({ docker }: HostFacts): string {
  return (docker.state === "running" ? docker.architecture : undefined) ?? ownArchitecture();
}
