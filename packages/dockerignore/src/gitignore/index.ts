/**
 * `.gitignore` files, for those who ask for them: other rules than `.dockerignore` (names match at any depth, each folder may have a file of its
 * own, nothing below an ignored folder comes back), so the reading is that of the `ignore` package.
 */
import ignore, { type Ignore } from 'ignore'

/** A rule file and the folder that it counts from. */
interface Level {
  /** `''` at the top, else with a slash at its end. */
  readonly prefix: string
  readonly rules: Ignore
}

/** What a walk carries from a folder to what is in it. Opaque. */
export interface GitignoreState {
  /** @internal Deepest last. */
  readonly levels: readonly Level[]
}

export interface GitignoreVisit {
  /** Files: not left out. Folders are never kept for themselves: a checkout has none that is empty. */
  readonly keep: boolean
  /** Folders: whether anything below can be kept. */
  readonly descend: boolean
  readonly state: GitignoreState
}

export interface GitignoreFilter {
  readonly root: GitignoreState
  /**
   * Judges one path of a walk that meets folders before what is in them.
   * @param path relative to the top, `/` between its parts
   * @param parent the state that the visit of its folder gave; `root` at the top
   */
  visit(path: string, isDirectory: boolean, parent: GitignoreState): GitignoreVisit
}

const FILE = '.gitignore'
/** What git keeps for itself, wherever it lies. */
const OWN = '.git'

/**
 * Makes the filter for one walk.
 * @param read text of a file of the tree by its path; `undefined` where there is none. Asked for once per folder that is entered.
 */
export function createGitignoreFilter(read: (path: string) => string | undefined): GitignoreFilter {
  function enter(prefix: string, above: GitignoreState): GitignoreState {
    const text = read(prefix + FILE)
    if (text === undefined) return above
    const rules = ignore({ ignorecase: false }).add(text.replace(/^\ufeff/, ''))
    return { levels: [...above.levels, { prefix, rules }] }
  }

  function isIgnored(path: string, isDirectory: boolean, { levels }: GitignoreState): boolean {
    // The nearest file that says anything decides.
    for (let i = levels.length - 1; i >= 0; i--) {
      const { prefix, rules } = levels[i]!
      const { ignored, unignored } = rules.test(path.slice(prefix.length) + (isDirectory ? '/' : ''))
      if (ignored || unignored) return ignored
    }
    return false
  }

  return {
    root: enter('', { levels: [] }),
    visit(path, isDirectory, parent) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (name === OWN || isIgnored(path, isDirectory, parent)) return { keep: false, descend: false, state: parent }
      return isDirectory ? { keep: false, descend: true, state: enter(`${path}/`, parent) } : { keep: true, descend: false, state: parent }
    },
  }
}
