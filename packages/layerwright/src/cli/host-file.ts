import { realpathSync, statSync } from 'node:fs'
import { type Content, memoryContent } from '@layerwright/vfs'
import { hostContent } from '@layerwright/vfs/node'
import { readInput } from './descriptors.js'
import { UsageError } from './errors.js'

/** A file of this machine, read when it is needed; `-` is standard input, read whole. @throws UsageError */
export function openHostFile(path: string): Content {
  if (path === '-') return memoryContent(readInput())
  try {
    const real = realpathSync(path)
    const stat = statSync(real, { bigint: true })
    if (stat.isFile()) return hostContent(real, stat)
  } catch (error) {
    const web = /^https?:\/\//.test(path)
    throw new UsageError(
      web ? `${path} is not a file of this machine` : (error as Error).message,
      web ? 'fetch it first, or pipe it in: curl -L URL | layerwright import - NAME' : 'name a file that can be read',
    )
  }
  throw new UsageError(`${path} is not a file`, 'name a tar file')
}
