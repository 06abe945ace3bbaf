import { type FileHandle, open } from "node:fs/promises";
import { OperationError, StackError } from "../../../plan/errors";
import { formatBytes } from "../../../plan/quantities";
import { type ArchiveContents, parseContents } from "./contents";
import { BLOCK, paddingOf, readHeader, TRAILER, writeHeader } from "./tarHeader";

/*
 * An archive is a plain tar file of two members, so that it can also be opened without aistack:
 *   tar -xOf FILE aistack-images.json        what it holds
 *   tar -xOf FILE images.tar | docker load   the images
 */

const CONTENTS_NAME = "aistack-images.json";
const IMAGES_NAME = "images.tar";

/** Larger than any list of images; a file that says more of itself is none of ours. */
const LARGEST_CONTENTS = 1024 ** 2;

/** Where the images begin, once room is left for the list in front of them. */
export function imagesOffset(contents: ArchiveContents): number {
  return 2 * BLOCK + roomFor(contents);
}

/** Writes everything but the images themselves, which stand at their place already. */
export async function writeFrame(file: FileHandle, contents: ArchiveContents): Promise<void> {
  const room = roomFor(contents);
  const text = `${JSON.stringify(contents, null, 2)}\n`;
  const list = Buffer.from(text.padEnd(room - (Buffer.byteLength(text) - text.length), " "));
  const { bytes } = contents.archive;
  const head = [writeHeader(CONTENTS_NAME, room), list, writeHeader(IMAGES_NAME, bytes)];
  await file.write(Buffer.concat(head), 0, null, 0);
  const end = Buffer.concat([Buffer.alloc(paddingOf(bytes)), TRAILER]);
  await file.write(end, 0, null, imagesOffset(contents) + bytes);
}

/** The list's size may not depend on what is only known at the end: room is left for the longest numbers. */
function roomFor(contents: ArchiveContents): number {
  const longest = { bytes: Number.MAX_SAFE_INTEGER, sha256: "0".repeat(64) };
  const size = Buffer.byteLength(JSON.stringify({ ...contents, archive: longest }, null, 2)) + 1;
  return size + paddingOf(size);
}

/** An archive that has been looked at: complete, but not yet compared with its hash. */
export interface OpenArchive {
  readonly contents: ArchiveContents;
  readonly offset: number;
}

/**
 * Reads the list of an archive.
 * @throws StackError where it is not there or no archive, OperationError where it is damaged
 */
export async function readFrame(path: string): Promise<OpenArchive> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "the file is not there" : message;
    throw new StackError([{ what, where: path, fix: "Name another file" }]);
  }
  try {
    const head = await readAt(file, 0, BLOCK);
    const first = readHeader(head);
    const room = first?.size ?? 0;
    if (first?.name !== CONTENTS_NAME || room > LARGEST_CONTENTS) throw notAnArchive(path);
    const contents = parseContents((await readAt(file, BLOCK, room)).toString("utf8"));
    if (contents === undefined) throw notAnArchive(path);
    const offset = imagesOffset(contents);
    const second = readHeader(await readAt(file, BLOCK + room, BLOCK));
    const { bytes } = contents.archive;
    const whole = offset + bytes + paddingOf(bytes) + TRAILER.length;
    const { size } = await file.stat();
    if (size < whole) {
      const what = `the archive ends after ${formatBytes(size)} of ${formatBytes(whole)}: it was not copied to its end`;
      throw fault(path, what, "Copy it again");
    }
    if (second?.name !== IMAGES_NAME || second.size !== bytes || offset !== 2 * BLOCK + room)
      throw fault(path, "the archive is damaged", "Copy it again");
    return { contents, offset };
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function notAnArchive(path: string): StackError {
  const what = "it is no archive of images, or of a newer aistack";
  return new StackError([{ what, where: path, fix: "Make one with: ./aistack images save FILE" }]);
}

export function fault(path: string, what: string, fix: string): OperationError {
  return new OperationError([{ what, where: path, fix }]);
}
