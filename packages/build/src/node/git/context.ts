import { lookup, readAll, type Snapshot } from '@layerwright/vfs'
import { narrowTree } from '../../context/narrow.js'
import { cleanPath } from '../../paths.js'
import type { BuildContext } from '../../types.js'
import { GitError } from '../errors.js'
import { runGit } from './run.js'
import { type KnownDigests, readGitTree } from './tree.js'

/**
 * A commit of a local repository as a build context, without a checkout: the same files on every machine, whatever lies in the work tree and whatever its
 * umask. `subdir` is resolved inside the tree: no link and no `..` leaves it (S27).
 * @param repo a work tree or a bare repository
 * @param ref branch, tag or commit; default HEAD
 * @throws GitError
 */
export async function gitContext(repo: string, ref = 'HEAD', subdir = ''): Promise<BuildContext> {
  const commit = new TextDecoder()
    .decode(
      await runGit(repo, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]).catch(() => {
        throw new GitError(`${repo} has no commit ${ref}`)
      }),
    )
    .trim()
  const digests: KnownDigests = new Map()
  const { root: top, close } = await readGitTree(repo, commit, { digests })
  const root = folderOf(top, subdir, `${repo} at ${ref}`)
  const note = `git ${repo}`
  let before = 0
  return {
    id: `${repo}#${subdir}`,
    async readFile(path) {
      const inode = lookup(root, cleanPath(path), { follow: true })
      return inode?.type === 'file' ? readAll(inode.content) : undefined
    },
    async snapshot({ filter, mtimeNs, notes }) {
      for (const [id, digest] of decode(await notes.load(note))) digests.set(id, digest)
      before = digests.size
      return narrowTree(root, filter, mtimeNs)
    },
    async done(notes) {
      close()
      if (digests.size > before) await notes.save(note, new TextEncoder().encode(JSON.stringify([...digests])))
    },
  }
}

function folderOf(top: Snapshot, subdir: string, where: string): Snapshot {
  if (subdir === '') return top
  const inode = lookup(top, cleanPath(subdir), { follow: true })
  if (inode?.type !== 'dir') throw new GitError(`there is no folder ${subdir} in ${where}`)
  return inode
}

function decode(bytes: Uint8Array | undefined): KnownDigests {
  try {
    return new Map(bytes ? JSON.parse(new TextDecoder().decode(bytes)) : [])
  } catch {
    return new Map() // worked out again
  }
}
