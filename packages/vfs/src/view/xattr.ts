import { limits } from '../limits.js'
import { byteLengthOf } from '../names.js'
import type { Operation } from './context.js'
import type { Place } from './resolve.js'

/** xattr(7): four namespaces; `user.` only on files and directories. */
export function checkXattr(operation: Operation, place: Place, name: string): void {
  const dot = name.indexOf('.')
  const space = name.slice(0, Math.max(dot, 0))
  if (byteLengthOf(name) > limits.xattrNameBytes) throw operation.error('ERANGE')
  if (!['user', 'trusted', 'security', 'system'].includes(space)) throw operation.error('ENOTSUP')
  if (dot + 1 === name.length || name.includes('\0')) throw operation.error('EINVAL')
  const type = operation.typeOf(place)
  if (space === 'user' && type !== 'file' && type !== 'dir') throw operation.error('EPERM')
}
