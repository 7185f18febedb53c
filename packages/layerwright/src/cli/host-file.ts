import { readFileSync, realpathSync, statSync } from 'node:fs'
import { type Content, memoryContent } from '@layerwright/vfs'
import { hostContent } from '@layerwright/vfs/node'
import { UsageError } from './errors.js'

/** A file of this machine, read when it is needed; `-` is standard input, read whole. @throws UsageError */
export function openHostFile(path: string): Content {
  if (path === '-') return memoryContent(readFileSync(0))
  try {
    const real = realpathSync(path)
    const stat = statSync(real, { bigint: true })
    if (stat.isFile()) return hostContent(real, stat)
  } catch (error) {
    throw new UsageError((error as Error).message, 'name a file that can be read')
  }
  throw new UsageError(`${path} is not a file`, 'name a tar file')
}
