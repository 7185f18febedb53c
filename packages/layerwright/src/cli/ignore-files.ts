/** Ignore files that have no effect, which their authors would want to know. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildContext } from '@layerwright/build'
import { createWalkFilter, type IgnorePattern, unreadIgnoreFiles, type WalkState } from '@layerwright/dockerignore'

const SUFFIX = '.dockerignore'
/** Of more than these only the number is told. */
const SHOWN = 3
/** Entries that `lint` looks at for misplaced ignore files: more is a tree in which looking takes longer than the lint. */
const MAX_ENTRIES = 200_000

const isIgnoreFile = (path: string): boolean => path.endsWith(SUFFIX)

/** What to tell about the ignore files among `paths`; `undefined` where each is read, or belongs to another Dockerfile that is there. */
export function unreadMessage(folder: string, dockerfile: string, paths: readonly string[]): string | undefined {
  const unread = unreadIgnoreFiles(dockerfile, paths).filter((path) => {
    const name = path.slice(0, -SUFFIX.length)
    return name === '' || name.endsWith('/') || !existsSync(join(folder, name))
  })
  if (unread.length === 0) return undefined
  const more = unread.length > SHOWN ? ` and ${unread.length - SHOWN} more` : ''
  return (
    `no rule reads ${unread.slice(0, SHOWN).join(', ')}${more}: ` +
    `what counts is ${dockerfile}${SUFFIX}, else ${SUFFIX} at the root of the context`
  )
}

/** A context that notes the ignore files which a build's walk comes across, and tells once what is to be told. */
export function watchIgnoreFiles(context: BuildContext, folder: string, dockerfile: string, tell: (message: string) => void): BuildContext {
  return {
    ...context,
    async snapshot({ filter, ...request }) {
      const paths: string[] = []
      const everything = { keep: true, descend: true, state: undefined }
      const snapshot = await context.snapshot({
        ...request,
        filter: {
          visit(path, isDir, state) {
            if (!isDir && isIgnoreFile(path)) paths.push(path)
            return filter ? filter.visit(path, isDir, state) : everything
          },
        },
      })
      const message = unreadMessage(folder, dockerfile, paths)
      if (message !== undefined) tell(message)
      return snapshot
    },
  }
}

/** The ignore files in a context, without entering what its own leaves out. A folder that can't be read holds none. */
export function findIgnoreFiles(folder: string, patterns: readonly IgnorePattern[]): string[] {
  const filter = createWalkFilter(patterns)
  const found: string[] = []
  const open: { path: string; state: WalkState }[] = [{ path: '', state: filter.root }]
  let left = MAX_ENTRIES
  for (let next = open.pop(); next && left > 0; next = open.pop()) {
    for (const entry of entriesOf(join(folder, next.path))) {
      if (--left < 0) break
      const path = next.path === '' ? entry.name : `${next.path}/${entry.name}`
      if (!entry.isDirectory()) {
        if (isIgnoreFile(path)) found.push(path)
        continue
      }
      const { descend, state } = filter.visit(path, true, next.state)
      if (descend) open.push({ path, state })
    }
  }
  return found.sort()
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
