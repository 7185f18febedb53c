import { permits } from '../system/credentials.js'
import { join } from '../system/paths.js'
import type { ShellFs } from '../system/shell-fs.js'
import type { Shell } from './shell.js'

interface Place {
  readonly fs: ShellFs
  readonly cwd: string
}

/** `-v`, `-o` and `-R` of test; undefined for other operators. */
export function testIsSet(shell: Shell, operator: string, operand: string): boolean | undefined {
  if (operator === '-o') return shell.has(operand)
  if (operator === '-R') return shell.env.find(operand)?.nameref === true
  if (operator !== '-v') return undefined
  const element = /^([A-Za-z_][A-Za-z0-9_]*)\[(.*)\]$/.exec(operand)
  if (!element) return shell.env.get(operand) !== undefined
  if (element[2] === '@' || element[2] === '*') return shell.env.elements(element[1]!).length > 0
  const isMap = shell.env.find(shell.env.resolve(element[1]!))?.map !== undefined
  return shell.env.element(element[1]!, isMap ? element[2]! : Number(shell.arithmetic(element[2]!))) !== undefined
}

/** The file tests of `test` and `[[`. */
export function testFile({ fs, cwd }: Place, operator: string, operand: string): boolean {
  // Descriptors of a container's command are no terminals.
  if (operator === '-t' || operand === '') return false
  const path = join(cwd, operand)
  if (operator === '-h' || operator === '-L') return fs.find(path, false)?.type === 'symlink'
  const stat = fs.find(path)
  if (!stat) return false
  switch (operator) {
    case '-e':
    case '-a':
      return true
    case '-f':
      return stat.type === 'file'
    case '-d':
      return stat.type === 'dir'
    case '-b':
      return stat.type === 'block'
    case '-c':
      return stat.type === 'char'
    case '-p':
      return stat.type === 'fifo'
    case '-s':
      return stat.size > 0
    case '-r':
      return permits(stat, fs.who, 4)
    case '-w':
      return permits(stat, fs.who, 2)
    case '-x':
      return permits(stat, fs.who, 1)
    case '-u':
      return (stat.mode & 0o4000) !== 0
    case '-g':
      return (stat.mode & 0o2000) !== 0
    case '-k':
      return (stat.mode & 0o1000) !== 0
    case '-O':
      return stat.uid === fs.who.uid
    case '-G':
      return stat.gid === fs.who.gid
    case '-N':
      return true
    default:
      return false
  }
}

export function compareFiles({ fs, cwd }: Place, operator: '-nt' | '-ot' | '-ef', left: string, right: string): boolean {
  const a = left === '' ? undefined : fs.find(join(cwd, left))
  const b = right === '' ? undefined : fs.find(join(cwd, right))
  if (operator === '-ef') return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
  if (operator === '-nt') return a !== undefined && (b === undefined || a.mtimeNs > b.mtimeNs)
  return b !== undefined && (a === undefined || a.mtimeNs < b.mtimeNs)
}
