import { sha256 } from '@layerwright/digest'
import { layerSnapshot, openLayer, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { type DirInode, emptySnapshot, lookup, type Snapshot, upperChanges } from '@layerwright/vfs'
import { ChecksumMismatchError, SourceNotFoundError } from '../errors.js'
import { cleanPath } from '../paths.js'
import { parseGitAddress } from './address.js'
import type { GitClient } from './types.js'

/** Address, commit and form of a tree → the diffID of the layer that holds it. */
export const GIT_TREE = 'git-tree'

export interface GitOptions {
  readonly store: Store
  readonly git: GitClient
  readonly keepGitDir: boolean
  /** The commit that it has to be, or the beginning of it. */
  readonly checksum: string | undefined
  readonly signal: AbortSignal
}

/**
 * The folder of a repository that ADD takes. The tree of a commit is fetched once and kept in the store as a layer. The folder resolves inside the tree: no
 * link and no `..` leaves it (S27).
 * @throws GitError, ChecksumMismatchError, SourceNotFoundError
 */
export async function fetchRepository(source: string, options: GitOptions): Promise<{ readonly commit: string; readonly root: DirInode }> {
  const { store, git, signal, checksum, keepGitDir } = options
  const { remote, ref, subdir } = parseGitAddress(source)
  const commit = await git.resolve(remote, ref ?? checksum, signal)
  if (checksum !== undefined && commit.slice(0, checksum.length) !== checksum) throw new ChecksumMismatchError(remote, checksum, commit)
  const top = await kept(store, sha256(JSON.stringify([remote, commit, keepGitDir])), async (save) => {
    const { root, close } = await git.checkout({ remote, ref, commit, keepGitDir, signal })
    try {
      return await save(root)
    } finally {
      await close()
    }
  })
  if (subdir === '') return { commit, root: top }
  const path = cleanPath(subdir)
  const inode = lookup(top, path, { follow: true })
  if (inode?.type !== 'dir')
    throw new SourceNotFoundError(path, `${remote} at ${commit}`, 'name a folder that the repository has at this commit')
  return { commit, root: inode }
}

async function kept(
  store: Store,
  key: string,
  make: (save: (tree: Snapshot) => Promise<Snapshot>) => Promise<Snapshot>,
): Promise<Snapshot> {
  const known = await store.record(GIT_TREE, key)
  const layer = known && (await openLayer(store, new TextDecoder().decode(known) as never))
  if (layer) {
    await store.touch(GIT_TREE, key)
    return layerSnapshot([layer])
  }
  return make(async (tree) => {
    const made = await storeLayer(store, upperChanges(emptySnapshot(), tree))
    await store.putRecord(GIT_TREE, key, new TextEncoder().encode(made.diffId))
    return layerSnapshot([made])
  })
}
