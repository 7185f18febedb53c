/** What calls that succeeded make of the tree that is known. */
import { type Call, has, type Looked, makes, type Process, type Result, type Where, writes } from './calls.js'
import { annotationOf, stringOf } from './lines.js'
import { TreeNode } from './tree.js'
import { type Base, type Found, Lost, type Walker } from './walk.js'

/** What a call that succeeded has made of the tree. @throws Lost */
export function apply(call: Call, { from, to }: Looked): void {
  const { spec, args } = call
  const { node, dir, name } = from
  const make = (type: TreeNode['type'], more: { readonly target?: string } = {}): void => {
    if (dir && name !== undefined && !node) dir.put(name, new TreeNode(type, more))
  }
  switch (spec.action) {
    case 'open':
      if (node) {
        if (writes(call)) written(node)
      } else if (makes(call)) make('file')
      break
    case 'change':
      if (node && /^truncate/.test(call.name)) written(node)
      break
    case 'mkdir':
      make('dir')
      break
    case 'symlink': {
      const target = stringOf(args[0])
      if (target === undefined) throw new Lost('a link whose target the tracer did not write out')
      make('symlink', { target })
      break
    }
    case 'mknod': {
      const mode = args[spec.path + 1] ?? ''
      make(
        mode.includes('S_IFIFO')
          ? 'fifo'
          : mode.includes('S_IFCHR')
            ? 'char'
            : mode.includes('S_IFBLK')
              ? 'block'
              : mode.includes('S_IFSOCK')
                ? 'socket'
                : 'file',
      )
      break
    }
    case 'address':
      if (call.name === 'bind') make('socket')
      break
    case 'rmdir':
    case 'unlink':
      if (node && dir && name !== undefined) dir.remove(name)
      break
    case 'link':
      if (to?.dir && to.name !== undefined)
        to.dir.put(
          to.name,
          node
            ? new TreeNode(node.type, { body: node.body, ...(node.target === undefined ? {} : { target: node.target }) })
            : new TreeNode('file'),
        )
      break
    case 'rename':
      rename(call, from, to)
      break
    case 'chdir':
      goTo(call.process.where, node ?? kernelPath(stringOf(args[spec.path])))
      break
  }
}

/** A process goes to another directory. Where others may have gone with it, the tracer will say. */
export function goTo(where: Where, cwd: Base): void {
  for (const other of where.doubtful ?? []) other.cwd = undefined
  where.cwd = cwd
}

function kernelPath(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/')) throw new Lost('a working directory that is not known')
  return path
}

function written({ body }: TreeNode): void {
  if (body.executed && body.inode === undefined) throw new Lost('it wrote to a program of its own that it had executed')
  body.inode = undefined
}

function rename(call: Call, from: Found, to: Found | undefined): void {
  if (has(call, 'RENAME_WHITEOUT')) throw new Lost('a renaming that leaves a whiteout')
  const { node, dir, name } = from
  if (!node || !dir || name === undefined || !to?.dir || to.name === undefined) return
  const other = to.node
  if (other === node) return
  if (other && (other.body === node.body || (other.body.inode !== undefined && other.body.inode === node.body.inode)))
    throw new Lost('a renaming to another name of the same file')
  dir.remove(name)
  to.dir.put(to.name, node)
  if (has(call, 'RENAME_EXCHANGE') && other) dir.put(name, other)
}

/** A process goes to a directory that it has a descriptor of. @throws Lost */
export function fchdir(process: Process, args: readonly string[], result: Result | undefined, walker: Walker): void {
  if (!result?.ok) return
  const path = annotationOf(args[0])
  if (path === undefined || !path.startsWith('/') || path.endsWith(' (deleted)')) throw new Lost('a directory that is not known')
  goTo(process.where, walker.locate(path))
}
