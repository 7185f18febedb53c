import type { TarEntry } from '@layerwright/layer'
import { type FileSystem, mountView } from '@layerwright/vfs'
import type { EngineContext } from '../context.js'
import { EmptyPathError } from '../errors.js'
import { lookInto, withLiveFiles } from '../lifecycle/look.js'
import { baseName, endsInDot } from '../paths.js'
import { followInScope } from '../scope.js'
import { inContainer } from './endings.js'
import { entriesOf, renameTop } from './entries.js'
import { extract } from './extract.js'
import { hostDestination, hostOf } from './host.js'
import { planCopy } from './plan.js'
import { resolveEntry } from './resolve.js'
import { tarOf } from './tar.js'

export interface CopyOutOptions {
  /** Copy what a link at the end of the container path leads to. */
  readonly followLink?: boolean
}

/** Copies from a container, running or not, to an absolute host path. What is made there belongs to the caller. */
export async function copyOut(
  context: EngineContext,
  reference: string,
  from: string,
  hostPath: string,
  options: CopyOutOptions = {},
): Promise<void> {
  const host = hostOf(context, hostPath)
  const destination = await hostDestination(host, hostPath)
  await withSource(context, reference, async (view) => {
    const { entries, isDir, name } = sourceOf(view, from, options.followLink ?? false)
    const plan = planCopy({ isDir, name }, destination)
    const members = renameTop(entries, name, plan.name)
    host.checkNames(namesOf(members))
    const folder = await host.open(await host.realpath(plan.dir))
    try {
      extract(mountView(folder.source), '/', members, { limits: context.limits, owner: null })
    } finally {
      folder.close()
    }
  })
}

/** The top of a directory's contents has no name of its own. */
function* namesOf(members: readonly TarEntry[]): Generator<{ folder: string; name: string; target: string | undefined }> {
  for (const { name, kind, linkName } of members) {
    if (name === '.') continue
    const slash = name.lastIndexOf('/')
    const folder = slash < 0 ? '' : name.slice(0, slash)
    yield { folder, name: name.slice(slash + 1), target: kind === 'symlink' ? linkName : undefined }
  }
}

/** The same as a tar, handed to `write` in pieces whose memory is reused. */
export const copyArchiveOut = (
  context: EngineContext,
  reference: string,
  from: string,
  write: (bytes: Uint8Array) => void,
  options: CopyOutOptions = {},
): Promise<void> =>
  withSource(context, reference, async (view) => {
    await tarOf(sourceOf(view, from, options.followLink ?? false).entries, write)
  })

/** The files that the main process has now; where nobody gets at them, those that it has written to the layer so far; or the container's at rest. */
async function withSource(context: EngineContext, reference: string, work: (view: FileSystem) => Promise<void>): Promise<void> {
  if (await withLiveFiles(context, reference, ({ view }) => work(view))) return
  await lookInto(context, reference, async (session) => work(await session.copyView()))
}

function sourceOf(
  view: FileSystem,
  from: string,
  followLink: boolean,
): { readonly entries: TarEntry[]; readonly isDir: boolean; readonly name: string } {
  if (from === '') throw new EmptyPathError()
  const { path, stat } = resolveEntry(view, from)
  const absolute = inContainer(from)
  const name = endsInDot(absolute) || absolute === '/' ? '.' : baseName(absolute)
  const source = stat.type === 'symlink' && followLink ? resolveEntry(view, followInScope(view, path)) : { path, stat }
  return { entries: entriesOf(view, source.path, name), isDir: source.stat.type === 'dir', name }
}
