import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, failed, ok, warning } from "../plan/doctorCheck";
import { quoteForShell } from "../plan/hostScript";
import { imageNames } from "../plan/images";
import type { StackPlan } from "../plan/plan";
import { foreign } from "../plan/quote";
import { isRecord } from "../plan/yamlDocument";
import { type HostAccess, onHost } from "./hostAccess";
import type { ProbeCommand } from "./probe";

const SCRIPTS = "scripts/host";

/** The longest remedies name a unit, a service and a file. */
const MOST_TOLD = 500;

/** A line by which one of the installer's scripts reads another. */
const PART = /^\. "\$root\/scripts\/host\/([a-z-]+\.sh)"$/gm;

/** The installer's checks (install.sh --check) of a stack's host that is another machine; nothing of aistack need be there. */
export function hostChecksCommand(
  root: string,
  stack: string,
  plan: Pick<StackPlan, "services">,
  access: HostAccess,
  now: Date = new Date(),
): ProbeCommand {
  const ports = plan.services.flatMap(({ name, container }) =>
    container.ports
      .filter(({ protocol }) => protocol === "tcp")
      .map(({ ip, external }) => ({ service: name, ip, port: String(external) })),
  );
  const settings = [
    stack,
    ports[0]?.ip ?? "127.0.0.1",
    String(Math.floor(now.getTime() / 1000)),
    ...ports.map(({ service, port }) => `${service}=${port}`),
    "--",
    ...plan.services.map(({ image, variants }) =>
      [image, ...Object.values(variants)].flatMap(imageNames).join(","),
    ),
  ];
  return {
    command: onHost(access, ["bash", "-s", "--", ...settings].map(quoteForShell).join(" ")),
    environment: {},
    stdin: readScript(root, "remote.sh"),
  };
}

/** A script of the installer with all that it reads in place. */
function readScript(root: string, name: string): string {
  const text = readFileSync(join(root, SCRIPTS, name), "utf8");
  return text.replace(PART, (_line, part: string) => readScript(root, part));
}

/**
 * Reads the event that they print.
 * @throws Error (a bug, with its stack) where it is not of their form
 */
export function parseHostChecks(output: string): Check[] {
  const event: unknown = JSON.parse(output);
  if (!isRecord(event) || !Array.isArray(event.checks))
    throw new Error(`the checks of a host printed something else: ${output.slice(0, 200)}`);
  return event.checks.filter(isRecord).map((row) => {
    const tell = (value: unknown) => foreign(String(value ?? ""), MOST_TOLD);
    const [name, seen, remedy] = [tell(row.name), tell(row.seen), tell(row.remedy)];
    if (row.status === "fail") return failed(name, seen, remedy);
    return row.status === "warn" ? warning(name, seen, remedy) : ok(name, seen);
  });
}
