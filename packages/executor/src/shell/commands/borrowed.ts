import { NotSimulated } from '../failure.js'
import { borrow } from '../just-bash/borrow.js'
import type { Command } from './types.js'

/** Commands that just-bash has right: run by it over an adapter of our filesystem. */
export const jq: Command = (call) => borrow(call, 'jq')
export const expand: Command = (call) => borrow(call, 'expand')
export const unexpand: Command = (call) => borrow(call, 'unexpand')
export const column: Command = (call) => {
  if (!call.args.some((arg) => /^-[a-zA-Z]*t|^--table$/.test(arg)))
    throw new NotSimulated('filling columns is not simulated: only tables (-t) are')
  return borrow(call, 'column')
}
export const tree: Command = (call) => borrow(call, 'tree')
