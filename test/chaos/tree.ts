import { copyFile, cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A change of the source by text, which must stand there exactly once: a stale one must not pass for a mutant. */
export interface Patch {
  /** Under src/. */
  file: string
  find: string
  replace: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Copies the service's source, so that nobody who saves a file meanwhile changes the run, and patches the copy. */
export async function copyTree(dir: string, patches: readonly Patch[]): Promise<void> {
  await cp(join(repository, 'src'), join(dir, 'src'), { recursive: true })
  await copyFile(join(repository, 'package.json'), join(dir, 'package.json'))
  await symlink(join(repository, 'node_modules'), join(dir, 'node_modules'))
  for (const patch of patches) await applyPatch(dir, patch)
}

async function applyPatch(dir: string, { file, find, replace }: Patch): Promise<void> {
  const path = join(dir, 'src', file)
  const parts = (await readFile(path, 'utf8')).split(find)
  if (parts.length !== 2) {
    throw new Error(`stale patch: src/${file} has this ${parts.length - 1} times, not once:\n${find}`)
  }
  await writeFile(path, parts.join(replace))
}
