/*
 * The header that stands before a file in a tar archive (POSIX.1-1988, with GNU's form of numbers that octal digits have
 * no room for). An archive is laid out by hand here because its first member, the list of what it holds, is only known
 * once the second, the images, has been written behind it.
 */

export const BLOCK = 512;

/** Where a field stands, and how long it is. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

/** What ends an archive. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/** Zeros that fill a member's last block. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** The header of a file that everybody may read; no owner and no time, so that the same content is the same archive. */
export function writeHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, FIELDS.name[0]);
  writeOctal(header, FIELDS.mode, 0o644);
  writeOctal(header, FIELDS.uid, 0);
  writeOctal(header, FIELDS.gid, 0);
  writeSize(header, size);
  writeOctal(header, FIELDS.mtime, 0);
  header.write("0", FIELDS.type[0]);
  header.write("ustar\u000000", FIELDS.magic[0]);
  header.fill(" ", FIELDS.checksum[0], FIELDS.checksum[0] + FIELDS.checksum[1]);
  header.write(`${octal(sumOf(header), 6)}\0 `, FIELDS.checksum[0]);
  return header;
}

/** Reads a header; undefined where the block is none, or is damaged. */
export function readHeader(block: Buffer): { name: string; size: number } | undefined {
  if (block.length < BLOCK) return undefined;
  const blank = Buffer.from(block);
  blank.fill(" ", FIELDS.checksum[0], FIELDS.checksum[0] + FIELDS.checksum[1]);
  if (readOctal(block, FIELDS.checksum) !== sumOf(blank)) return undefined;
  const [start, length] = FIELDS.name;
  const name = block.toString("utf8", start, start + length).replace(/\0.*$/s, "");
  const size = readSize(block);
  return size === undefined ? undefined : { name, size };
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function writeOctal(header: Buffer, [start, length]: readonly [number, number], value: number) {
  header.write(`${octal(value, length - 1)}\0`, start);
}

function writeSize(header: Buffer, size: number): void {
  const [start, length] = FIELDS.size;
  if (size < 8 ** (length - 1)) {
    writeOctal(header, FIELDS.size, size);
    return;
  }
  header[start] = 0x80;
  header.writeBigUInt64BE(BigInt(size), start + length - 8);
}

function readSize(header: Buffer): number | undefined {
  const [start, length] = FIELDS.size;
  if (header[start] === 0x80) return Number(header.readBigUInt64BE(start + length - 8));
  return readOctal(header, FIELDS.size);
}

function readOctal(header: Buffer, [start, length]: readonly [number, number]): number | undefined {
  const text = header.toString("latin1", start, start + length).replace(/[\0 ]+$/, "");
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function sumOf(header: Buffer): number {
  return header.reduce((sum, byte) => sum + byte, 0);
}
