import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, link, open, rename, rm, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { dockerCommand } from "../../../host/dockerCommand";
import { accessHost, type HostAccess } from "../../../host/hostAccess";
import { OperationError, type Problem, StackError } from "../../../plan/errors";
import { chooseImage, type ImagePlan } from "../../../plan/images";
import { engineProblem } from "../../../plan/preflight";
import { formatBytes } from "../../../plan/quantities";
import { foreign } from "../../../plan/quote";
import { chooseSavedImages, type SavedVariants } from "../../../plan/savedImages";
import { execa } from "../../execa";
import { lookAtHost, planFromCheckout } from "../../observe";
import { architectureOf } from "../architecture";
import type { BuildReport } from "../assembleImage";
import { type ArchiveContents, labelOf, type SavedImage } from "./contents";
import { type HostImage, inspectImage, runDocker, untag } from "./hostImages";
import { fault, imagesOffset, writeFrame } from "./layout";

export interface SaveOptions {
  readonly stack: string;
  readonly file: string;
  /** replace a file that is there */
  readonly force: boolean;
  /** for hosts with other GPUs than this stack's host; undefined: for this one. What is missing of them is pulled */
  readonly variants?: SavedVariants | undefined;
}

/** How a save tells what goes on, and learns that it is to stop. */
export interface SaveReport extends BuildReport {
  readonly signal: AbortSignal;
}

/** Kept free beside an archive, for whatever else writes there. */
const RESERVED_BYTES = 64 * 1024 ** 2;

/**
 * Writes the images that a stack's services run from on its host into one file, for hosts without a network.
 * @returns what the file holds
 * @throws StackError where the stack cannot be saved as it is; nothing was written then
 */
export async function saveImages(
  root: string,
  { stack, file, force, variants }: SaveOptions,
  report: SaveReport,
): Promise<ArchiveContents> {
  const path = resolve(file);
  if (!force && existsSync(path)) throw alreadyThere(path);
  const planned = planFromCheckout(root, stack);
  const choice = variants && chooseSavedImages(planned.services, variants);
  if (choice !== undefined && choice.problems.length > 0) throw new StackError(choice.problems);
  const { plan, facts } = await lookAtHost(root, stack, planned);
  const problem = engineProblem(facts, plan.host);
  if (problem !== undefined) throw new StackError([problem]);

  const access = accessHost(root, stack, plan.host);
  const problems: Problem[] = [];
  const found: { saved: SavedImage; image: HostImage }[] = [];
  for (const image of choice?.images ?? plan.services.map((service) => service.image)) {
    const { service } = image;
    const chosen = chooseImage(image, facts.images);
    if (choice !== undefined) await pullMissing(access, image, chosen, report);
    const seen = await inspectImage(access, chosen.name);
    if (seen === undefined) {
      problems.push({
        what: `image ${chosen.name} is not on the host, so it cannot be saved`,
        where: service,
        fix: `Bring the stack up first: ./aistack up --stack ${stack}`,
      });
      continue;
    }
    const { id, layers, configuration } = seen;
    const { reference, digest = null } = image;
    const built = chosen.built ? chosen.name : null;
    const identity = { id, layers: [...layers], configuration, label: labelOf(id) };
    found.push({ saved: { service, reference, digest, built, ...identity }, image: seen });
  }
  if (problems.length > 0) throw new StackError(problems);
  await checkSpace(path, found);

  const images = found.map((one) => one.saved);
  const contents: ArchiveContents = {
    format: "aistack-images",
    version: 1,
    stack,
    architecture: architectureOf(facts),
    images,
    archive: { bytes: 1, sha256: "0".repeat(64) },
  };
  const total = found.reduce((sum, { image }) => sum + image.bytes, 0);
  return writeArchive(
    path,
    contents,
    (handle, offset) =>
      streamImages(
        access,
        images,
        total,
        (chunk, at) => writeAt(handle, chunk, offset + at),
        report,
      ),
    force,
  );
}

/** No host of this stack's may ever run it, so no update pulls it. @throws OperationError where it cannot be pulled */
async function pullMissing(
  access: HostAccess,
  { source }: ImagePlan,
  { name, built }: { readonly name: string; readonly built: boolean },
  { note, signal }: SaveReport,
): Promise<void> {
  if (built || source === "archive" || (await inspectImage(access, name)) !== undefined) return;
  note(`pulling ${name}`);
  const command = dockerCommand(access, "pull", "--quiet", name);
  const { exitCode, stderr } = await execa(command.file, command.args, {
    reject: false,
    stdin: "ignore",
    cancelSignal: signal,
  });
  if (signal.aborted) throw interrupted();
  if (exitCode === 0) return;
  const what = `it cannot be pulled: ${foreign(String(stderr).trim())}`;
  throw new OperationError([{ what, where: name, fix: "Mend the cause and run it again" }]);
}

/** An engine's archive is about as large as its images together; layers that they share stand in it once. */
async function checkSpace(
  path: string,
  images: readonly { readonly image: HostImage }[],
): Promise<void> {
  const needed = images.reduce((sum, { image }) => sum + image.bytes, RESERVED_BYTES);
  const { bavail, bsize } = await statfs(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" || error.code === "ENOTDIR"
      ? new StackError([{ what: "the folder is not there", where: dirname(path) }])
      : error;
  });
  const free = bavail * bsize;
  if (needed <= free) return;
  const what = `the images need up to ${formatBytes(needed)}, but only ${formatBytes(free)} are free in ${dirname(path)}`;
  throw new StackError([{ what, where: path, fix: "Free some space, or name a file elsewhere" }]);
}

/** Nobody finds a half-written file under the name: it is written beside it, and gets the name when it is complete. */
async function writeArchive(
  path: string,
  contents: ArchiveContents,
  fill: (file: FileHandle, offset: number) => Promise<ArchiveContents["archive"]>,
  force: boolean,
): Promise<ArchiveContents> {
  const temporary = `${path}.part-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(temporary, "wx", 0o644);
    let complete: ArchiveContents;
    try {
      complete = { ...contents, archive: await fill(file, imagesOffset(contents)) };
      await writeFrame(file, complete);
      await file.sync();
    } finally {
      await file.close();
    }
    await giveName(temporary, path, force);
    return complete;
  } catch (error) {
    throw isFileFault(error) ? fault(path, error.message, "Mend it and run it again") : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A full disk or a folder that may not be written to is the host's fault. */
function isFileFault(error: unknown): error is NodeJS.ErrnoException {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "EFBIG", "EIO"].includes(code);
}

/** Lets the engine write the images, under their labels, into the file. */
async function streamImages(
  access: HostAccess,
  images: readonly SavedImage[],
  total: number,
  write: (chunk: Buffer, at: number) => Promise<void>,
  { progress, signal }: SaveReport,
): Promise<ArchiveContents["archive"]> {
  const labels = [...new Set(images.map(({ label }) => label))];
  const hash = createHash("sha256");
  let bytes = 0;
  const take = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await write(chunk, bytes);
      bytes += chunk.length;
      progress("images", { done: bytes, total, text: formatBytes(bytes) });
    }
  };
  try {
    for (const { id, label } of images) await runDocker(access, "tag", id, label);
    const command = dockerCommand(access, "save", ...labels);
    const saving = execa(command.file, command.args, {
      reject: false,
      buffer: { stdout: false },
      stdin: "ignore",
      cancelSignal: signal,
    });
    const [{ exitCode, stderr }] = await Promise.all([saving, pipeline(saving.stdout, take)]);
    if (signal.aborted) throw interrupted();
    if (exitCode !== 0) throw saveFailed(labels, String(stderr).trim());
  } finally {
    await untag(access, labels);
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** A full disk takes a part of what it is given before it refuses the rest. */
async function writeAt(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

function saveFailed(labels: readonly string[], reason: string): OperationError {
  const what = `docker save failed: ${reason}`;
  return new OperationError([
    { what, where: labels.join(" "), fix: "Mend the cause and run it again" },
  ]);
}

function interrupted(): OperationError {
  return new OperationError([{ what: "interrupted; no file was written" }]);
}

async function giveName(temporary: string, path: string, force: boolean): Promise<void> {
  if (force) return rename(temporary, path);
  try {
    // Unlike a rename, a link does not replace what came meanwhile.
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw alreadyThere(path);
    throw error;
  }
}

function alreadyThere(path: string): StackError {
  return new StackError([
    { what: "the file is there already", where: path, fix: "Name another, or add --force" },
  ]);
}
