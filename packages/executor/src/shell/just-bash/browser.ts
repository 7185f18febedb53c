/**
 * What the browser build of just-bash leaves out. Its parser is inside all the same: a plugin is shown the syntax tree of a script before it runs,
 * synchronously, and throws, so that nothing runs.
 */
import type { ScriptNode } from 'just-bash'
import { ExecutorUnavailableError } from '../../errors.js'
import type { JustBash } from '../language/syntax.js'
import { fromBytes } from '../system/bytes.js'

/** The library as Node has it. @throws ExecutorUnavailableError where a version does not show its trees any more */
export function withParser(library: JustBash | Omit<JustBash, 'parse' | 'latin1FromBytes' | 'stdoutAsBytes'>): JustBash {
  if ('parse' in library) return library
  const parse = parserOf(library.Bash)
  if (!isTree(parse(':'))) throw new ExecutorUnavailableError('this version of just-bash has no parser for browsers: install 3.4.2')
  const encoder = new TextEncoder()
  type Bytes = ReturnType<JustBash['stdoutAsBytes']>
  return {
    ...library,
    parse,
    latin1FromBytes: (bytes) => bytes as unknown as string, // type-ok: a name for a string of bytes
    stdoutAsBytes: ({ stdout, stdoutKind, stdoutEncoding }) => {
      const bytes = stdoutKind === 'bytes' || stdoutEncoding === 'binary' ? stdout : fromBytes(encoder.encode(stdout))
      return bytes as unknown as Bytes // type-ok: a name for a string of bytes
    },
  } as JustBash
}

/** Ends what was begun only to be shown a tree. */
class TreeShown extends Error {}

const isTree = (tree: ScriptNode | undefined): boolean => tree?.type === 'Script'

function parserOf(Bash: JustBash['Bash']): JustBash['parse'] {
  const bash = new Bash({ defenseInDepth: false })
  let shown: ScriptNode | undefined
  bash.registerTransformPlugin({
    name: 'tree',
    transform({ ast }) {
      shown = ast
      throw new TreeShown()
    },
  })
  const other = new Bash({ defenseInDepth: false })
  return (source) => {
    shown = undefined
    bash.exec(source, { rawScript: true }).catch(() => {})
    // A script that does not parse is shown to no plugin; this says what is wrong with it.
    return shown ?? other.transform(source).ast
  }
}
