import { sourceKind } from '@layerwright/dockerfile'
import { type Decompress, decompress, tarTree } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { type Content, readAll } from '@layerwright/vfs'
import { FileTooLargeError, UnsupportedError } from '../errors.js'
import { MAX_DOCKERFILE_BYTES } from '../limits.js'
import { fetchRepository } from '../remote/git.js'
import { fetchFile } from '../remote/http.js'
import type { Fetch, GitClient } from '../remote/types.js'
import { readArchive } from '../steps/archive.js'
import type { BuildContext } from '../types.js'
import { memoryContext, snapshotContext } from './memory.js'

export interface ArchiveContextOptions {
  /** Holds what is fetched, and large archives while they are unpacked. */
  readonly store: Store
  /** As in BuildOptions. */
  readonly decompress?: Decompress
}

export interface RemoteContextOptions extends ArchiveContextOptions {
  readonly fetch?: Fetch
  readonly git?: GitClient
  readonly signal?: AbortSignal
}

/**
 * What `docker build -` and `docker build https://…` take: a tar, plain or compressed, recognised by its content; anything else is the Dockerfile
 * itself, in a context with nothing else.
 * @throws BadArchiveError, FileTooLargeError
 */
export async function archiveContext(content: Content, options: ArchiveContextOptions): Promise<BuildContext> {
  const entries = await readArchive('the build context', content, options.store, options.decompress ?? decompress)
  if (entries) return snapshotContext(tarTree(entries))
  if (content.size > MAX_DOCKERFILE_BYTES) throw new FileTooLargeError('the Dockerfile', content.size, MAX_DOCKERFILE_BYTES)
  return memoryContext({ Dockerfile: await readAll(content) })
}

/** Whether a text names a context that is fetched: an http or https address, or a Git repository's. */
export const isRemoteContext = (text: string): boolean => sourceKind(text).kind !== 'path'

/**
 * A context from the web: a Git repository (`https://host/repo.git#ref:subdir`, `git@host:repo`), or a tar or a Dockerfile by http or https.
 * @throws RemoteError, GitError, UnsupportedError for a repository without `git`
 */
export async function remoteContext(address: string, options: RemoteContextOptions): Promise<BuildContext> {
  const { store, git, fetch = globalThis.fetch.bind(globalThis), signal = new AbortController().signal } = options
  const kind = sourceKind(address)
  if (kind.kind !== 'git') return archiveContext((await fetchFile(address, { store, fetch, signal })).blob, options)
  if (!git) throw new UnsupportedError('a Git repository as context', "pass git: gitClient() from '@layerwright/build/node'")
  const { root } = await fetchRepository(address, { store, git, keepGitDir: kind.keepGitDir ?? false, checksum: kind.checksum, signal })
  return { ...snapshotContext(root), id: address }
}
