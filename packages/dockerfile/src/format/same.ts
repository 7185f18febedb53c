import type { DockerfileNode, SubNode } from '../parse/types.js'

/** Whether two nodes are the same instruction: everything that the second pass or an image config takes from them. */
export function sameNode(a: DockerfileNode, b: DockerfileNode): boolean {
  return sameArguments(a, b) && sameComments(a, b) && sameHeredocs(a, b) && triggerText(a) === triggerText(b)
}

function sameArguments(a: SubNode, b: SubNode): boolean {
  const keyword = a.keyword.toLowerCase()
  return (
    keyword === b.keyword.toLowerCase() &&
    a.json === b.json &&
    a.flags.length === b.flags.length &&
    a.flags.every((flag, i) => flag === b.flags[i]) &&
    a.args.length === b.args.length &&
    a.args.every((arg, i) => {
      const other = b.args[i]!
      if (typeof arg === 'string' && typeof other === 'string') {
        return arg === other || (keyword === 'from' && i === 1 && arg.toLowerCase() === other.toLowerCase())
      }
      return typeof arg === 'object' && typeof other === 'object' && arg.keyword === other.keyword && sameArguments(arg, other)
    })
  )
}

const sameComments = (a: DockerfileNode, b: DockerfileNode) =>
  a.comments.length === b.comments.length && a.comments.every((comment, i) => comment === b.comments[i])

const sameHeredocs = (a: DockerfileNode, b: DockerfileNode) =>
  a.heredocs.length === b.heredocs.length &&
  a.heredocs.every((one, i) => one.name === b.heredocs[i]!.name && one.data === b.heredocs[i]!.data)

/** An image config holds the text of a trigger, to the last blank. */
const triggerText = ({ keyword, original }: DockerfileNode) =>
  keyword.toLowerCase() === 'onbuild' ? original.replace(/^onbuild[\t\n\f\r ]*/i, '') : ''
