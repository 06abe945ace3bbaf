import { stackFileName } from "../host/checkout";
import { StackError } from "../plan/errors";
import { LOCK_FILE } from "../plan/imageLock";
import { describeLostSecrets, lostSecrets, seededAdmin } from "../plan/lostSecrets";
import { addressForPeople, describeForwarding } from "../plan/peopleAddress";
import type { StackPlan } from "../plan/plan";
import { confirm } from "./confirm";
import { formatCredentials, readCredentials, showingCredentials } from "./credentials";
import { engineEnvironment, ensureEngine } from "./engine";
import { pulumiEnvironment } from "./environment";
import { EXIT } from "./exitCodes";
import { checkRemoteHost, requireReadyHost } from "./hostChecks";
import { buildImage } from "./images/buildImage";
import { lockBeforePull } from "./images/lockBeforePull";
import { findMissingImages, type MissingImages } from "./images/missingImages";
import { planStackFile, writeStackFile } from "./installSettings";
import { lookAtHost, observe, planFromCheckout, planFromText } from "./observe";
import { type OperationOptions, preview, printOutput } from "./operations";
import { proveStack } from "./proof";
import { readStackSecrets } from "./stackSecrets";
import { ensureStack, ensureStateFolder } from "./stackStore";
import { runSteps, type Step } from "./steps";
import { update } from "./update";

export interface InstallOptions {
  /** undefined: a stack that has a file keeps its profile */
  readonly profile?: string | undefined;
  readonly stack: string;
  readonly images?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/**
 * The main job: from a host with Docker and Node to services that answer. Running it again finds
 * everything in place, changes nothing and says so.
 * @returns the exit code
 */
export async function install(root: string, options: InstallOptions): Promise<number> {
  const { stack } = options;
  // Configuration and host are looked at first: what is wrong is told before anything is made, and minutes of building.
  const file = planStackFile(root, options);
  const planned = planFromText(root, file.file, file.text);
  const [first, checks] = await Promise.all([
    observe(root, stack, { planned, imagesToCome: true }),
    checkRemoteHost(root, stack, planned),
  ]);
  requireReadyHost(planned, checks);
  if (first.problems.length > 0) throw new StackError(first.problems);
  const missing = await findMissingImages(root, stack, first.plan, first.facts);
  // What would change can only be shown once the file says so.
  if (!(await writeStackFile(root, file, options))) return EXIT.changesPending;
  const plan = planFromCheckout(root, stack);

  const environment: Record<string, string> = { ...(process.env as Record<string, string>) };
  await runSteps([
    engineStep(root, environment),
    stackStep(root, stack, environment),
    imagesStep(root, missing),
    lockStep(root, stack, plan),
  ]);

  const { plan: onThisHost, problems, facts } = await observe(root, stack);
  if (problems.length > 0) throw new StackError(problems);

  const session: OperationOptions = {
    root,
    stack,
    environment,
    onOutput: printOutput(),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  };
  const { changes } = await preview(session);
  if (options.dryRun === true) return changes === 0 ? EXIT.done : EXIT.changesPending;
  let credentials = "";
  if (changes > 0) {
    if (options.yes !== true) await confirm(`Make these ${changes} changes?`);
    const seed = seededAdmin(onThisHost, facts);
    const { generated } = readStackSecrets(root, stack, plan.secrets, true, seed);
    // Shown once, here. Later `aistack credentials` shows them, to whoever may read the checkout's secrets.
    if (generated.length > 0)
      credentials = formatCredentials(readCredentials(root, stack, plan), plan);
    for (const line of describeLostSecrets(lostSecrets(onThisHost, facts, generated)))
      process.stderr.write(`warning: ${line}\n`);
  } else process.stdout.write("Everything is in place; nothing was changed.\n");
  await showingCredentials(stack, credentials, async () => {
    if (changes > 0) await update(session, onThisHost, facts);
    process.stdout.write(await proveStack(root, stack, onThisHost));
  });
  process.stdout.write(farewell(plan, stack));
  return EXIT.done;
}

function engineStep(root: string, environment: Record<string, string>): Step {
  return {
    title: "Pulumi engine",
    run: async (report) => {
      const engine = await ensureEngine({
        log: (event) =>
          event.type === "progress"
            ? report.progress(event.piece, event.progress)
            : report.note(event.message),
      });
      Object.assign(environment, pulumiEnvironment(root, engineEnvironment(engine)));
      return { path: "found on the PATH", download: "from the vendor", build: "built from source" }[
        engine.source
      ];
    },
  };
}

function stackStep(root: string, stack: string, environment: Record<string, string>): Step {
  return {
    title: `stack ${stack}`,
    run: async () => {
      ensureStateFolder(root);
      const created = await ensureStack(root, stack, environment);
      return created ? "created" : "is there";
    },
  };
}

function imagesStep(root: string, { count, toBuild }: MissingImages): Step {
  return {
    title: "images",
    run: async (report) => {
      if (count === 0) return "are there";
      const built: string[] = [];
      for (const { name, image } of toBuild) {
        if (image.source === "auto")
          report.note(
            `the registry of ${image.registryName} does not answer: building it from source`,
          );
        built.push(await buildImage(root, name, report));
      }
      return built.length === 0 ? "will be pulled" : "built from source";
    },
  };
}

/** What is about to be pulled gets its digest first, so that nothing changes after the pull. */
function lockStep(root: string, stack: string, planned: StackPlan): Step {
  return {
    title: "digests of images",
    run: async (report) => {
      const { plan, facts } = await lookAtHost(root, stack, planned);
      const written = await lockBeforePull(root, plan, facts, report.note);
      return written.length === 0 ? "nothing to add" : `${LOCK_FILE} has ${written.length} more`;
    },
  };
}

function farewell(plan: StackPlan, stack: string): string {
  const addresses = plan.services
    .map((service) => `  ${service.name.padEnd(12)} ${addressForPeople(service, plan.host)}\n`)
    .join("");
  const forwarding = describeForwarding(plan.services, plan.host)
    .map((command) => `From this machine, while this runs: ${command}\n`)
    .join("");
  return `
${addresses}${forwarding}
Next, in this folder:
${plan.secrets.length === 0 ? "" : `  ./aistack credentials       how to sign in\n`}  eval "$(./aistack env)"     then pulumi preview, pulumi up, pulumi destroy as ever
  ./aistack preview           what would change
  edit ${stackFileName(stack)} and ./aistack up
`;
}
