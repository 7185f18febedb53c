import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { basename, dirname, join, normalize } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

/** How much of a path has to exist: all of it, all but the last part, nothing. */
export type Existing = 'all' | 'parents' | 'none'

/** The path without links. @throws system errors where something that must exist does not. */
export function canonical(call: Call, path: string, existing: Existing): string {
  const whole = call.path(path)
  let place = '/'
  const rest = whole.split('/').filter((part) => part !== '' && part !== '.')
  for (let hops = 0; rest.length > 0; ) {
    const part = rest.shift()!
    if (part === '..') {
      place = dirname(place)
      continue
    }
    const next = join(place, part)
    const stat = call.fs.find(next, false)
    if (stat?.type === 'symlink') {
      if (++hops > 40) throw Object.assign(new Error(), { code: 'ELOOP' })
      const target = call.fs.readlink(next)
      if (target.startsWith('/')) place = '/'
      rest.unshift(...target.split('/').filter((each) => each !== '' && each !== '.'))
      continue
    }
    if (!stat && (existing === 'all' || (existing === 'parents' && rest.length > 0))) throw Object.assign(new Error(), { code: 'ENOENT' })
    if (stat && stat.type !== 'dir' && rest.length > 0 && existing !== 'none') throw Object.assign(new Error(), { code: 'ENOTDIR' })
    place = next
  }
  return place
}

/** `path` as seen from the folder `from`. */
export function relativePath(call: Call, path: string, from: string): string {
  const target = canonical(call, path, 'none')
    .split('/')
    .filter((part) => part !== '')
  const base = canonical(call, from, 'none')
    .split('/')
    .filter((part) => part !== '')
  let same = 0
  while (same < target.length && same < base.length && target[same] === base[same]) same++
  return [...base.slice(same).map(() => '..'), ...target.slice(same)].join('/') || '.'
}

export const realpath: Command = (call) => {
  const options = parseOptions(call, 'eEmLPqsz', {
    'canonicalize-existing': 'e',
    'canonicalize-missing': 'm',
    logical: 'L',
    physical: 'P',
    quiet: 'q',
    strip: 's',
    'no-symlinks': 's',
    zero: 'z',
    'relative-to': 'to:',
    'relative-base': 'base:',
  })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  const existing: Existing = options.has('e') ? 'all' : options.has('m') ? 'none' : 'parents'
  for (const operand of options.operands) {
    try {
      if (operand === '') throw Object.assign(new Error(), { code: 'ENOENT' })
      let shown = options.has('s') ? normalize(call.path(operand)) : canonical(call, operand, existing)
      const to = options.value('to')
      if (to !== undefined) shown = relativePath(call, shown, to)
      call.out(shown + (options.has('z') ? '\0' : '\n'))
    } catch (error) {
      if (options.has('q')) call.status = 1
      else call.fail(`${operand || "''"}: ${strerror(error)}`)
    }
  }
}

export const readlink: Command = (call) => {
  const options = parseOptions(call, 'efmnqsvz', {
    canonicalize: 'f',
    'canonicalize-existing': 'e',
    'canonicalize-missing': 'm',
    'no-newline': 'n',
    quiet: 'q',
    silent: 's',
    verbose: 'v',
    zero: 'z',
  })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  const ending = options.has('n') && options.operands.length === 1 ? '' : options.has('z') ? '\0' : '\n'
  for (const operand of options.operands) {
    try {
      const existing: Existing | undefined = options.has('e') ? 'all' : options.has('m') ? 'none' : options.has('f') ? 'parents' : undefined
      call.out((existing ? canonical(call, operand, existing) : call.fs.readlink(call.path(operand))) + ending)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      if (options.has('v')) call.err(`${operand}: ${strerror(error)}`)
      call.status = 1
    }
  }
}

export const basenameCommand: Command = (call) => {
  const options = parseOptions(call, '+as:z', { multiple: 'a', suffix: 's:', zero: 'z' })
  const [first, suffix, ...extra] = options.operands
  if (first === undefined) throw new CommandFailure('missing operand')
  const many = options.has('a', 's')
  if (!many && extra.length > 0) throw new CommandFailure(`extra operand '${extra[0]}'`)
  for (const operand of many ? options.operands : [first]) {
    const name = operand === '' ? '' : basename(operand)
    const ending = many ? (options.value('s') ?? '') : (suffix ?? '')
    const shown = ending !== '' && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name
    call.out(shown + (options.has('z') ? '\0' : '\n'))
  }
}

export const dirnameCommand: Command = (call) => {
  const options = parseOptions(call, 'z', { zero: 'z' })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  for (const operand of options.operands) call.out(dirname(operand) + (options.has('z') ? '\0' : '\n'))
}
