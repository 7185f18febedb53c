import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dirInode } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import type { GitClient } from '../../remote/types.js'
import { GitError } from '../errors.js'
import { runGit } from './run.js'
import { readGitTree } from './tree.js'

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/

/** What a transport may be: no program that an address names, and no file that it could read on this machine. */
const TRANSPORTS = /^(https?|git|ssh):\/\/|^[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:/

/** Git repositories for ADD, by the `git` program: `build({ git: gitClient(), … })`. Clones go to a temporary folder that is removed again. */
export function gitClient(): GitClient {
  return {
    async resolve(remote, ref, signal) {
      checkTransport(remote)
      if (ref !== undefined && COMMIT.test(ref)) return ref
      const listing = new TextDecoder().decode(
        await runGit(undefined, ['ls-remote', '--', remote, ...(ref === undefined ? ['HEAD'] : [ref, `${ref}^{}`])], signal),
      )
      const found = new Map(
        listing
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split('\t').reverse() as [name: string, id: string]),
      )
      // An annotated tag is an object of its own; `^{}` is the commit behind it.
      for (const name of names(ref)) {
        const id = found.get(`${name}^{}`) ?? found.get(name)
        if (id) return id
      }
      throw new GitError(`${remote} has no branch, tag or commit ${ref ?? 'HEAD'}; a commit is written in full`)
    },
    async checkout({ remote, ref, commit, keepGitDir, signal }) {
      checkTransport(remote)
      const dir = await mkdtemp(join(tmpdir(), 'layerwright-git-'))
      const remove = () => rm(dir, { recursive: true, force: true })
      try {
        await runGit(dir, ['init', '--quiet', '--bare', '.'], signal)
        await fetchCommit(dir, remote, ref, commit, signal)
        await runGit(dir, ['update-ref', '--no-deref', 'HEAD', commit], signal)
        const { root, close } = await readGitTree(dir, commit, { signal })
        const whole = keepGitDir ? dirInode(new Map([...root.entries, ['.git', await gitDir(dir, remote, signal)]]), root) : root
        return {
          root: whole,
          async close() {
            close()
            await remove()
          },
        }
      } catch (error) {
        await remove()
        throw error
      }
    },
  }
}

const names = (ref: string | undefined): string[] => (ref === undefined ? ['HEAD'] : [ref, `refs/heads/${ref}`, `refs/tags/${ref}`])

function checkTransport(remote: string): void {
  if (!TRANSPORTS.test(remote))
    throw new GitError(`${remote} is no address of a repository: https://, http://, ssh://, git:// or user@host:path`)
}

/** Only the commit where the server can; else the ref, else everything. */
async function fetchCommit(dir: string, remote: string, ref: string | undefined, commit: string, signal: AbortSignal): Promise<void> {
  const attempts = [
    ['--depth=1', '--', remote, commit],
    ['--depth=1', '--', remote, ref ?? 'HEAD'],
    ['--tags', '--', remote, '+refs/heads/*:refs/heads/*'],
  ]
  let failure: unknown
  for (const args of attempts) {
    try {
      await runGit(dir, ['fetch', '--quiet', '--no-auto-maintenance', ...args], signal)
      await runGit(dir, ['cat-file', '-e', `${commit}^{commit}`], signal)
      return
    } catch (error) {
      signal.throwIfAborted()
      failure ??= error
    }
  }
  throw failure
}

/** The bare clone as the `.git` of a work tree: with an index, and its remote. */
async function gitDir(dir: string, remote: string, signal: AbortSignal) {
  await runGit(dir, ['config', 'core.bare', 'false'], signal)
  await runGit(dir, ['config', 'remote.origin.url', remote], signal)
  await runGit(dir, ['read-tree', 'HEAD'], signal)
  return readHostTree(dir, { owner: 'root' })
}
