import type { DockerfileNode, SubNode } from '../parse/types.js'
import { trim } from '../text/space.js'

/** The fields that every instruction has. */
export function baseOf(node: DockerfileNode) {
  return {
    keyword: node.keyword,
    startLine: node.startLine,
    endLine: node.endLine,
    source: trim(node.original),
    comments: node.comments,
  }
}

/** Arguments as a flat list of texts: of an ONBUILD, the inner keyword and its arguments. */
export function textArguments(node: SubNode): string[] {
  return node.args.flatMap((arg) => (typeof arg === 'string' ? arg : [arg.keyword, ...textArguments(arg)]))
}

/** Names with blanks in them that are looked for in the comments, each in all of them; more are passed over, so that time stays linear. */
const maxBlankNames = 100

/**
 * What comments say of names: the text behind `name ` in the first comment line that starts with it, `''` where there is none.
 */
export function descriptionsIn(comments: readonly string[]): (name: string) => string {
  const byWord = new Map<string, string>()
  for (const comment of comments) {
    const space = comment.indexOf(' ')
    const word = comment.slice(0, Math.max(space, 0))
    if (word !== '' && !byWord.has(word)) byWord.set(word, comment.slice(space + 1))
  }
  let blankNames = 0
  return (name) => {
    if (!name.includes(' ')) return byWord.get(name) ?? ''
    if (++blankNames > maxBlankNames) return ''
    // prefix-ok: words of a comment, no path
    const comment = comments.find((line) => line.startsWith(`${name} `))
    return comment === undefined ? '' : comment.slice(name.length + 1)
  }
}
