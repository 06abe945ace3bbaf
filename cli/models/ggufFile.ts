import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type GgufProblem, inspectHeader } from "./ggufHeader";
import { fileSha256 } from "./hashCache";

export type { GgufProblem, GgufProblemCode } from "./ggufHeader";

// A reader of our own rather than npm's @huggingface/gguf 0.4.6, which is made for showing what is in a
// file, not for finding out whether it is whole. It fills up its buffer with zeros beyond the end of a
// file and never holds the tensors' ends against its size: the tiny model cut to 12, 1000 or 50,000 bytes
// is read without a complaint. It also keeps every token of the vocabulary, refuses lists of more than a
// million values, which ggml accepts, and adds 250 KB to the bundle where this reader adds 7.

const FIRST_READ = 1 << 20;

/** What a file is expected to be. */
export interface GgufExpectation {
  readonly sha256?: string;
  /** where hashes are remembered; without it the whole file is read every time */
  readonly cacheFolder?: string;
}

/**
 * Checks that a file is a GGUF file which Ollama can read and that holds all its weights. Only the header
 * is read, so it takes milliseconds whatever the size; the whole file is read when a hash is expected.
 * @returns what is wrong, or undefined
 */
export async function checkGguf(
  path: string,
  expected: GgufExpectation = {},
): Promise<GgufProblem | undefined> {
  let file: FileHandle | undefined;
  try {
    // Non-blocking, because opening a named pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) return notAFile(status.isDirectory());
    const problem = await checkHeader(file, status.size);
    if (problem !== undefined) return problem;
    return await checkHash(path, expected);
  } catch (error) {
    return notReadable(error);
  } finally {
    await file?.close();
  }
}

async function checkHeader(file: FileHandle, size: number): Promise<GgufProblem | undefined> {
  let bytes = Math.min(FIRST_READ, size);
  while (true) {
    const prefix = await readPrefix(file, bytes);
    // Whatever was cut off since its size was asked for is missing, too.
    const verdict = inspectHeader(prefix, prefix.length < bytes ? prefix.length : size);
    if (verdict.kind === "sound") return undefined;
    if (verdict.kind === "problem") return verdict.problem;
    bytes = Math.min(Math.max(bytes * 2, verdict.bytes), size);
  }
}

async function readPrefix(file: FileHandle, bytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function checkHash(
  path: string,
  { sha256, cacheFolder }: GgufExpectation,
): Promise<GgufProblem | undefined> {
  if (sha256 === undefined) return undefined;
  const expected = sha256.toLowerCase();
  const found = await fileSha256(path, cacheFolder);
  if (found === expected) return undefined;
  return {
    code: "wrongHash",
    message: `The file's SHA-256 is ${found}, but ${expected} is expected. Get the file again, or correct the expected value.`,
  };
}

function notAFile(isDirectory: boolean): GgufProblem {
  return {
    code: "notAFile",
    message: `The path is ${isDirectory ? "a folder" : "no regular file"}. Name the GGUF file itself.`,
  };
}

function notReadable(error: unknown): GgufProblem {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT" || code === "ENOTDIR")
    return { code: "missing", message: "The file does not exist. Check the path." };
  if (code === "EISDIR") return notAFile(true);
  return {
    code: "unreadable",
    message: `The file cannot be read (${code}). Check its permissions and those of its folder.`,
  };
}
