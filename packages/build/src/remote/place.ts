import { sourceKind } from '@layerwright/dockerfile'
import { copyTree, type FileInode, type Inode } from '@layerwright/vfs'
import { UnsupportedError } from '../errors.js'
import type { CopyStep } from '../steps/copy.js'
import type { StepContext } from '../steps/types.js'
import { asSha256, verifyChecksum } from './checksum.js'
import { fetchRepository } from './git.js'
import { fetchFile } from './http.js'

/** What ADD takes from elsewhere, as it will be placed. */
export interface RemoteItem {
  readonly name: string
  readonly inode: Inode
  /** A file is unpacked only where `--unpack` asks for it. */
  readonly unpack: boolean
}

export async function fetchSource(step: CopyStep, source: string, context: StepContext): Promise<RemoteItem> {
  const { times, store, signal } = context
  const kind = sourceKind(source)
  const fixed = times.mode === 'fixed' ? times.nowNs() : undefined
  if (kind.kind === 'git') {
    if (!context.git) throw new UnsupportedError('ADD of a Git repository here', "pass git: gitClient() from '@layerwright/build/node'")
    const keepGitDir = step.keepGitDir ?? kind.keepGitDir ?? false
    const { root } = await fetchRepository(source, {
      store,
      git: context.git,
      keepGitDir,
      checksum: step.checksum ?? kind.checksum,
      signal,
    })
    const inode = copyTree(root, () => ({ uid: 0, gid: 0, ...(fixed === undefined ? {} : { mtimeNs: fixed }) }))
    return { name: '', inode, unpack: false }
  }
  const file = await fetchFile(source, { store, fetch: context.fetch, signal, expected: asSha256(step.checksum) })
  if (step.checksum !== undefined) await verifyChecksum(file.name, file.blob, step.checksum)
  // 0600 is documented for ADD; a server that gives no date gets 1970, as the reference has it.
  const inode: FileInode = { type: 'file', mode: 0o600, uid: 0, gid: 0, mtimeNs: fixed ?? file.mtimeNs ?? 0n, content: file.blob }
  return { name: file.name, inode, unpack: step.unpack === true }
}
