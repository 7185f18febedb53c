/**
 * How a command of bwrap becomes another user than root. bwrap itself can only do so in a user namespace, in which the image's other owners would not
 * exist. So the machine's own `setpriv` is the first program in the sandbox: with its libraries, because the image need have neither.
 */
import { basename } from 'node:path'
import type { Identity } from '../users.js'
import { findProgram, runTool } from './gate.js'

/** In the sandbox's own /dev, which no layer gets anything of and only its root could write to. */
const PLACE = '/dev/.layerwright'

/** Program and libraries on the machine; the loader last. Undefined where they cannot be told. */
let parts: readonly string[] | undefined | null = null

export interface Becoming {
  /** Files of the machine, and where they have to be. */
  readonly files: readonly (readonly [source: string, target: string])[]
  /** What the command goes behind. */
  readonly argv: readonly string[]
}

export const isRoot = ({ uid, gid, groups }: Identity): boolean => uid === 0 && gid === 0 && groups.every((group) => group === 0)

/** @returns undefined where this machine's `setpriv` cannot be taken along */
export function becoming({ uid, gid, groups }: Identity): Becoming | undefined {
  if (parts === null) parts = findParts()
  if (!parts) return undefined
  const at = (path: string) => `${PLACE}/${basename(path)}`
  const [program = ''] = parts
  const loader = parts.at(-1) ?? ''
  const others = groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]
  return {
    files: parts.map((path) => [path, at(path)] as const),
    argv: [at(loader), '--library-path', PLACE, at(program), '--reuid', String(uid), '--regid', String(gid), ...others, '--'],
  }
}

/** By what `ldd` says: `NAME => PATH (0x…)` for each library, `PATH (0x…)` for the loader. */
function findParts(): readonly string[] | undefined {
  const program = findProgram('setpriv')
  if (program === undefined) return undefined
  try {
    const lines = runTool(['ldd', program]).split('\n')
    const libraries = lines.flatMap((line) => /=> (\/\S+) \(0x/.exec(line)?.[1] ?? [])
    const loader = lines.flatMap((line) => /^\s*(\/\S+) \(0x/.exec(line)?.[1] ?? [])[0]
    return loader === undefined ? undefined : [program, ...libraries, loader]
  } catch {
    return undefined // no ldd, or a program that is linked in another way
  }
}
