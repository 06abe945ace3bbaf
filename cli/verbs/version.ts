import type { Command } from "commander";
import { readCheckout } from "../../host/checkout";
import { accessHost } from "../../host/hostAccess";
import { readComposeProject } from "../../plan/composeFile";
import { planImage } from "../../plan/images";
import { findProjectRoot } from "../artifacts";
import { connectDocker } from "../docker/connect";
import { hasEngine, PINS } from "../engine";
import { EXIT } from "../exitCodes";
import { print, printJson } from "../output";
import { VERSION } from "../version";
import { jsonOption } from "./options";

/** What `aistack version --json` prints: a contract with scripts, described in docs/cli.md. */
interface VersionReport {
  readonly aistack: string;
  readonly node: string;
  /** the Pulumi engine that this version goes with */
  readonly engine: { readonly version: string; readonly installed: boolean };
  readonly plugins: { readonly docker: string; readonly command: string };
  /** null where no engine answers */
  readonly docker: string | null;
  /** by service, with the digest where one is locked */
  readonly images: Readonly<Record<string, string>>;
}

export function registerVersionCommand(program: Command, finish: (code: number) => void): void {
  program
    .command("version")
    .description("show the versions of aistack and of everything it stands on")
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const report = await collectVersions(findProjectRoot());
      if (json === true) printJson(report);
      else for (const line of formatVersions(report)) print(line);
      finish(EXIT.done);
    });
}

async function collectVersions(root: string): Promise<VersionReport> {
  return {
    aistack: VERSION,
    node: process.versions.node,
    engine: { version: PINS.cli, installed: await hasEngine() },
    plugins: { docker: PINS.docker, command: PINS.command },
    docker: await askDocker(root),
    images: declaredImages(root),
  };
}

/** An engine that does not answer has no version to tell; `doctor` tells why. */
async function askDocker(root: string): Promise<string | null> {
  try {
    return (await (await connectDocker(accessHost(root, "", undefined))).version()).Version;
  } catch {
    return null;
  }
}

/** The images of the Compose files; a stack may override one. */
function declaredImages(root: string): Record<string, string> {
  const { composeFiles, images } = readCheckout(root, "");
  const { services } = readComposeProject(composeFiles);
  return Object.fromEntries(
    Object.entries(services).map(([name, { image }]) => [
      name,
      planImage(name, image, "registry", images).registryName,
    ]),
  );
}

function formatVersions(report: VersionReport): string[] {
  const { engine, plugins, images } = report;
  const rows: [string, string][] = [
    ["aistack", report.aistack],
    ["Node", report.node],
    ["Pulumi engine", `${engine.version}${engine.installed ? "" : " (not installed)"}`],
    ["  docker plugin", plugins.docker],
    ["  command plugin", plugins.command],
    ["Docker", report.docker ?? "does not answer (see: aistack doctor)"],
    ...Object.entries(images).map(([name, image]): [string, string] => [`image of ${name}`, image]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
