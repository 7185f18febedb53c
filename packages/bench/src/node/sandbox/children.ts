/** Processor time of other processes. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Of all children of this process and theirs, in milliseconds: those that have ended, and those that are there. What is left to the machine's first process to
 * wait for is not in it: `bwrap` alone ends before the first process of its sandbox.
 */
export const childrenMs = (): number => times('self', ENDED) + childrenOf('self').reduce((sum, pid) => sum + withChildren(pid), 0)

const withChildren = (pid: string): number => times(pid, ALL) + childrenOf(pid).reduce((sum, child) => sum + withChildren(child), 0)

/** Fields of proc(5), stat, counted from the third: user and system time of the children that were waited for, and its own before them. */
const ENDED = [13, 14]
const ALL = [11, 12, ...ENDED]

/** Milliseconds of one tick. */
const TICK = 10

function times(pid: string, fields: readonly number[]): number {
  const stat = read(`/proc/${pid}/stat`)
  const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.reduce((sum, field) => sum + Number(values[field] ?? 0) * TICK, 0)
}

function childrenOf(pid: string): string[] {
  const folder = `/proc/${pid}/task`
  try {
    return readdirSync(folder).flatMap((thread) => read(`${folder}/${thread}/children`).split(' ').filter(Boolean))
  } catch {
    return [] // it has just ended
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return ''
  }
}
