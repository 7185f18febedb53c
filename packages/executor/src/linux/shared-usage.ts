/** What trees that commands share take on the disk. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { defaultFolder } from './detect.js'
import { list, SHARED_FOLDER } from './run-folder.js'

export interface SharedUsage {
  readonly trees: number
  /** On the disk, as far as this user may look. */
  readonly bytes: number
}

/** @param options.folder as `LinuxExecutorOptions.folder` */
export function sharedUsage({ folder = defaultFolder() }: { readonly folder?: string } = {}): SharedUsage {
  const root = join(folder, SHARED_FOLDER)
  const trees = list(root)
  return { trees: trees.length, bytes: trees.reduce((sum, name) => sum + bytesAt(join(root, name)), 0) }
}

const BLOCK = 512

function bytesAt(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  const own = stat.blocks * BLOCK
  return stat.isDirectory() ? list(path).reduce((sum, name) => sum + bytesAt(join(path, name)), own) : own
}
