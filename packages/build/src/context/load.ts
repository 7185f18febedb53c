import { createWalkFilter, type IgnorePattern, ignoreFileCandidates, parseIgnoreFile, type WalkState } from '@layerwright/dockerignore'
import type { Snapshot } from '@layerwright/vfs'
import { DockerfileNotFoundError, FileTooLargeError } from '../errors.js'
import { MAX_DOCKERFILE_BYTES, MAX_IGNORE_FILE_BYTES } from '../limits.js'
import type { BuildContext, BuildOptions, ContextFilter, ContextRequest } from '../types.js'
import { withGitModes } from './modes.js'

/** The bytes of the Dockerfile a build was asked for. @throws DockerfileNotFoundError, FileTooLargeError */
export async function loadDockerfile(options: BuildOptions): Promise<Uint8Array | string> {
  if (options.dockerfileText !== undefined) return options.dockerfileText
  const path = options.dockerfile ?? 'Dockerfile'
  const bytes = await options.context.readFile(path)
  if (!bytes) throw new DockerfileNotFoundError(path)
  if (bytes.length > MAX_DOCKERFILE_BYTES) throw new FileTooLargeError(path, bytes.length, MAX_DOCKERFILE_BYTES)
  return bytes
}

export interface IgnoreRules {
  /** The file they came from; undefined where the context has none. */
  readonly path: string | undefined
  readonly patterns: readonly string[]
  readonly filter: ContextFilter | undefined
}

/** The ignore rules of a context: `<Dockerfile>.dockerignore` before `.dockerignore`. @throws IgnoreFileError, FileTooLargeError */
export async function loadIgnoreRules(context: BuildContext, dockerfile: string | undefined): Promise<IgnoreRules> {
  for (const path of dockerfile === undefined ? ['.dockerignore'] : ignoreFileCandidates(dockerfile)) {
    const bytes = await context.readFile(path)
    if (!bytes) continue
    if (bytes.length > MAX_IGNORE_FILE_BYTES) throw new FileTooLargeError(path, bytes.length, MAX_IGNORE_FILE_BYTES)
    const { patterns } = parseIgnoreFile(bytes)
    return { path, patterns: patterns.map(({ text }) => text), filter: patterns.length > 0 ? treeFilter(patterns) : undefined }
  }
  return { path: undefined, patterns: [], filter: undefined }
}

/** The ignore package's walk as the filter of a tree walk, which knows no state for its top. */
function treeFilter(patterns: readonly IgnorePattern[]): ContextFilter {
  const walk = createWalkFilter(patterns)
  return { visit: (path, isDir, parent) => walk.visit(path, isDir, (parent as WalkState | undefined) ?? walk.root) }
}

/** The tree of a context, with the modes that the build asks for. */
export async function snapshotOf(context: BuildContext, modes: BuildOptions['modes'], request: ContextRequest): Promise<Snapshot> {
  const tree = await context.snapshot(request)
  return modes === 'git' ? withGitModes(tree) : tree
}
