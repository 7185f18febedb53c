/**
 * The build's one gate to the host's filesystem: it reads below one folder, never writes, and never follows a link out of that folder
 * (`hostFolder` and `readHostTree` of @layerwright/vfs see to it).
 */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createGitignoreFilter, type GitignoreState } from '@layerwright/dockerignore/gitignore'
import { mountView } from '@layerwright/vfs'
import { hostFolder, readHostTree, StatCache } from '@layerwright/vfs/node'
import type { BuildContext, ContextFilter } from '../types.js'
import { ContextNotFoundError } from './errors.js'

export interface HostContextOptions {
  /** Remember the digests of unchanged files between builds (DESIGN, decision 14). Default true. */
  readonly statCache?: boolean
  /** Leave out what git would: the `.gitignore` files of the folder, beside the ignore file of the build. Default false. */
  readonly gitignore?: boolean
}

/**
 * A folder of this machine as a build context.
 * @throws ContextNotFoundError
 */
export function hostContext(folder: string, options: HostContextOptions = {}): BuildContext {
  const dir = realFolder(folder)
  const view = mountView(hostFolder(dir, { readonly: true }), [])
  const note = `stat ${dir}`
  let cache: StatCache | undefined
  return {
    id: dir,
    async readFile(path) {
      const absolute = `/${path}`
      return view.exists(absolute) && view.stat(absolute).type === 'file' ? view.readFile(absolute) : undefined
    },
    async snapshot({ filter, mtimeNs, notes }) {
      if (options.statCache !== false) cache = StatCache.load((await notes.load(note)) ?? new Uint8Array(0))
      const judge = options.gitignore ? withGitignore(dir, filter) : filter
      return readHostTree(dir, {
        ...(judge ? { filter: judge } : {}),
        times: mtimeNs === undefined ? 'keep' : { mtimeNs },
        owner: 'root',
        ...(cache ? { statCache: cache } : {}),
      })
    },
    async done(notes) {
      if (cache?.changed) await notes.save(note, cache.save())
    },
  }
}

interface BothStates {
  readonly git: GitignoreState
  /** Of the build's own filter. */
  readonly own: unknown
}

/** What both the build's filter and the folder's `.gitignore` files let through. */
function withGitignore(dir: string, filter: ContextFilter | undefined): ContextFilter {
  const git = createGitignoreFilter((path) => readRules(join(dir, path)))
  return {
    visit(path, isDir, state) {
      const parent = (state ?? { git: git.root, own: undefined }) as BothStates
      const theirs = git.visit(path, isDir, parent.git)
      const own = filter?.visit(path, isDir, parent.own) ?? { keep: true, descend: true, state: undefined }
      const both: BothStates = { git: theirs.state, own: own.state }
      return { keep: theirs.keep && own.keep, descend: theirs.descend && own.descend, state: both }
    },
  }
}

/** Git itself follows no link to a rule file, so neither is one followed out of the folder here. */
function readRules(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : undefined
}

function realFolder(folder: string): string {
  let dir: string
  try {
    dir = realpathSync(folder)
  } catch (error) {
    throw new ContextNotFoundError(folder, error)
  }
  if (!statSync(dir).isDirectory()) throw new ContextNotFoundError(folder)
  return dir
}
