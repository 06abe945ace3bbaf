import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ImageLock, LOCK_FILE, renderLock } from "../../plan/imageLock";

/** Writes images.lock.yaml at once: whoever reads it meanwhile, or after a power cut, finds the old one or the new one. */
export async function writeLock(root: string, lock: ImageLock): Promise<void> {
  const path = join(root, LOCK_FILE);
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(renderLock(lock));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
