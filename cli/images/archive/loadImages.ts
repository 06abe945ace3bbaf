import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { builtImageNames } from "../../../host/builtImages";
import { readLock } from "../../../host/checkout";
import { dockerCommand } from "../../../host/dockerCommand";
import { accessHost, type HostAccess } from "../../../host/hostAccess";
import { OperationError, type Problem, StackError } from "../../../plan/errors";
import type { HostFacts } from "../../../plan/hostFacts";
import { type ImageLock, LOCK_FILE } from "../../../plan/imageLock";
import { parseImageReference } from "../../../plan/imageReference";
import { engineProblem } from "../../../plan/preflight";
import { formatBytes } from "../../../plan/quantities";
import { execa } from "../../execa";
import { lookAtHost, planFromCheckout } from "../../observe";
import { architectureOf } from "../architecture";
import type { BuildReport } from "../assembleImage";
import { writeLock } from "../lockFile";
import { type ArchiveContents, finalName, type SavedImage } from "./contents";
import { inspectImage, isSameImage, runDocker, untag } from "./hostImages";
import { fault, type OpenArchive, readFrame } from "./layout";

export interface LoadOptions {
  /** whose host gets the images; undefined: this machine */
  readonly stack?: string;
  readonly file: string;
}

/** How a load tells what goes on, and learns that it is to stop. */
export interface LoadReport extends Pick<BuildReport, "progress"> {
  readonly signal: AbortSignal;
}

/** What a load did, for people. */
export interface Loaded {
  readonly images: readonly SavedImage[];
  readonly notes: readonly string[];
}

/** An engine unpacks an archive before it takes its layers over. */
const SPACE_FACTOR = 2;

/**
 * Gives a host's engine the images of an archive. Nothing of it reaches the engine before the whole file has been
 * compared with its hash, and no image gets a name that a plan looks for before it is known to be the one that was saved.
 * @throws OperationError where the file is damaged, or an image is not what was saved
 */
export async function loadImages(
  root: string,
  { stack = "", file }: LoadOptions,
  report: LoadReport,
): Promise<Loaded> {
  const path = resolve(file);
  const archive = await readFrame(path);
  const { contents } = archive;
  // Without a stack's name this is the plan of an empty stack file, which is for this machine.
  const { plan, facts } = await lookAtHost(root, stack, planFromCheckout(root, stack));
  const engine = engineProblem(facts, plan.host);
  const problems =
    engine === undefined
      ? [
          ...architectureProblems(contents, facts),
          ...spaceProblems(contents, facts),
          ...lockProblems(contents, readLock(root)),
        ]
      : [engine];
  if (problems.length > 0) throw new StackError(problems);

  const access = accessHost(root, stack, plan.host);
  try {
    await compareWithHash(path, archive, report);
    await handOver(path, archive, access, report);
    if (report.signal.aborted) throw interrupted();
    await nameImages(path, contents.images, access);
  } catch (error) {
    throw report.signal.aborted ? interrupted() : error;
  } finally {
    await untag(
      access,
      contents.images.map(({ label }) => label),
    );
  }
  return {
    images: contents.images,
    notes: [
      ...(await bindDigests(root, contents.images)),
      ...strangeRecipes(root, contents.images),
    ],
  };
}

function architectureProblems({ architecture }: ArchiveContents, facts: HostFacts): Problem[] {
  const own = architectureOf(facts);
  if (own === architecture) return [];
  const what = `the images are for ${architecture}, and the host is ${own}`;
  return [{ what, where: "images load", fix: "Save them on a host of that architecture" }];
}

function spaceProblems({ archive }: ArchiveContents, facts: HostFacts): Problem[] {
  const needed = archive.bytes * SPACE_FACTOR;
  if (facts.freeBytes === undefined || needed <= facts.freeBytes) return [];
  return [
    {
      what: `loading needs up to ${formatBytes(needed)}, but only ${formatBytes(facts.freeBytes)} are free in ${facts.dataRoot}`,
      where: "images load",
      fix: "Free some space: docker system df shows what the engine holds",
    },
  ];
}

/** What a checkout is bound to, an archive does not change. */
function lockProblems({ images }: ArchiveContents, lock: ImageLock): Problem[] {
  return images.flatMap(({ reference, digest }) => {
    const locked = lock[reference];
    if (digest === null || locked === undefined || locked === digest) return [];
    const what = `${LOCK_FILE} binds ${reference} to ${locked}, and the archive holds ${digest}`;
    return [
      { what, where: "images load", fix: "Take the lock of the checkout that saved the archive" },
    ];
  });
}

async function compareWithHash(
  path: string,
  archive: OpenArchive,
  report: LoadReport,
): Promise<void> {
  const { signal } = report;
  const hash = createHash("sha256");
  await pipeline(readImages(path, archive), meter("compared", archive, report), hash, { signal });
  if (hash.digest("hex") === archive.contents.archive.sha256) return;
  throw fault(
    path,
    "the archive is damaged: its images do not have the hash that they were saved with. Nothing was loaded",
    "Copy it again",
  );
}

async function handOver(
  path: string,
  archive: OpenArchive,
  access: HostAccess,
  report: LoadReport,
): Promise<void> {
  const command = dockerCommand(access, "load", "--quiet");
  const loading = execa(command.file, command.args, {
    reject: false,
    all: true,
    cancelSignal: report.signal,
  });
  const [{ exitCode, all }] = await Promise.all([
    loading,
    // An engine that gives up closes its end first, and says why on its own.
    pipeline(readImages(path, archive), meter("loaded", archive, report), loading.stdin).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
      },
    ),
  ]);
  if (exitCode !== 0 && !report.signal.aborted)
    throw fault(path, `docker load failed: ${all.trim()}`, "Mend the cause");
}

function interrupted(): OperationError {
  return new OperationError([{ what: "interrupted; no image got its name" }]);
}

function readImages(path: string, { contents, offset }: OpenArchive) {
  return createReadStream(path, {
    start: offset,
    end: offset + contents.archive.bytes - 1,
    highWaterMark: 1 << 20,
  });
}

function meter(
  verb: string,
  { contents }: OpenArchive,
  { progress }: Pick<BuildReport, "progress">,
): Transform {
  const total = contents.archive.bytes;
  let done = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length;
      progress(verb, { done, total, text: `${formatBytes(done)} of ${formatBytes(total)}` });
      next(null, chunk);
    },
  });
}

/** All are compared before the first gets its name. */
async function nameImages(
  path: string,
  images: readonly SavedImage[],
  access: HostAccess,
): Promise<void> {
  const strange: string[] = [];
  for (const saved of images) {
    const found = await inspectImage(access, saved.label);
    if (found === undefined || !isSameImage(found, saved)) strange.push(saved.reference);
  }
  if (strange.length > 0) {
    const what = `the engine did not get what was saved: ${strange.join(", ")}. Its images got no names`;
    throw fault(path, what, "Load it again; if that does not help, save it again");
  }
  for (const saved of images) await runDocker(access, "tag", saved.label, finalName(saved));
}

/** A host without a network cannot look a digest up, so the archive brings it along. */
async function bindDigests(root: string, images: readonly SavedImage[]): Promise<string[]> {
  const lock = readLock(root);
  const added = images.filter(
    ({ reference, digest }) =>
      digest !== null &&
      lock[reference] === undefined &&
      parseImageReference(reference)?.digest === undefined,
  );
  if (added.length === 0) return [];
  const entries = added.map(({ reference, digest }) => [reference, digest ?? ""]);
  await writeLock(root, { ...lock, ...Object.fromEntries(entries) });
  return added.map(({ reference, digest }) => `${LOCK_FILE} binds ${reference} to ${digest}`);
}

/** An image that aistack built is found by its recipe, and that depends on checkout and distribution. */
function strangeRecipes(root: string, images: readonly SavedImage[]): string[] {
  const own = builtImageNames(root);
  return images
    .filter(({ built, service }) => built !== null && own[service] !== built)
    .map(
      ({ service, built }) =>
        `${service} was built by another checkout or on another distribution, so a stack here takes it only by name: ` +
        `aistack:images: {source: archive, overrides: {${service}: "${built}"}}`,
    );
}
