/** Which files of a command are held open: those that it makes executable, and whatever comes to lie under their names. */
import { type Call, has, type Looked, makes } from './calls.js'
import type { KeptPrograms } from './kept.js'
import type { TreeNode } from './tree.js'

const EXECUTABLE = 0o111

/** Follows a call that succeeded, and was applied to the tree. */
export function keep(kept: KeptPrograms, call: Call, { from, to }: Looked, root: TreeNode): void {
  const { action } = call.spec
  if (action === 'open' || action === 'change') {
    const node = from.node ?? at(from)
    if (node?.type !== 'file' || node.body.inode) return
    const path = node.path(root)
    if (path === undefined) return
    if ((action === 'open' ? makes(call) && !from.node : /chmod/.test(call.name)) && isExecutable(call)) kept.hold(path, node.body)
    else if (action === 'open' && !from.node) kept.bound(path, node.body)
    return
  }
  if (!kept.any) return
  if (action === 'rename' || action === 'link') {
    for (const place of action === 'rename' && has(call, 'RENAME_EXCHANGE') ? [to, from] : [to]) {
      const node = place && at(place)
      bind(kept, node, root)
      if (node?.type !== 'dir') continue
      for (const end of [from, to]) {
        const dir = end?.dir?.path(root)
        if (dir !== undefined && end?.name !== undefined) kept.moved(`${dir === '/' ? '' : dir}/${end.name}`)
      }
    }
  } else if (action === 'mkdir' || action === 'symlink' || action === 'mknod' || action === 'address') bind(kept, at(from), root)
}

/** What lies there now. */
const at = ({ dir, name }: Looked['from']): TreeNode | undefined => (name === undefined ? undefined : dir?.child(name))

function bind(kept: KeptPrograms, node: TreeNode | undefined, root: TreeNode): void {
  const path = node?.path(root)
  if (!node || path === undefined) return
  kept.bound(path, node.body)
}

/** By the mode that stands last among the arguments of an opening, and in its place in others: an octal number. */
function isExecutable({ name, args, spec }: Call): boolean {
  const mode = spec.action === 'open' ? args[name === 'creat' ? 1 : (spec.flags ?? 0) + 1] : args[spec.path + 1]
  return mode !== undefined && /^0[0-7]*$/.test(mode) && (Number.parseInt(mode, 8) & EXECUTABLE) !== 0
}
