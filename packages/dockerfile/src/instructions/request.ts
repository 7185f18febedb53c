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

/** What a comment says of `name`: the text behind `name ` in the first comment line that starts with it. */
export function describedBy(comments: readonly string[], name: string): string {
  if (name === '') return ''
  // prefix-ok: words of a comment, no path
  const comment = comments.find((line) => line.startsWith(`${name} `))
  return comment === undefined ? '' : comment.slice(name.length + 1)
}
