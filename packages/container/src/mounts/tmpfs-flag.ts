import { InvalidMountSpecError } from '../errors.js'
import type { MountPoint } from './types.js'
import { checkTarget } from './validate.js'
import { bytesOf, octalOf } from './values.js'

/** Words of `--tmpfs` that change nothing here, because no kernel stands behind the tree. */
const IGNORED = [
  'exec',
  'noexec',
  'suid',
  'nosuid',
  'dev',
  'nodev',
  'async',
  'sync',
  'atime',
  'noatime',
  'diratime',
  'nodiratime',
  'relatime',
  'norelatime',
  'strictatime',
  'nostrictatime',
  'mand',
  'nomand',
  'dirsync',
  'bind',
  'rbind',
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'unbindable',
  'runbindable',
  'remount',
  'defaults',
]
const IGNORED_VALUES = ['nr_inodes', 'nr_blocks', 'mpol', 'huge']

/** Cuts a `--tmpfs` value at its first colon. The options are only read at start, as an engine does. @throws MountTargetNotAbsoluteError, MountTargetIsRootError */
export function parseTmpfsFlag(text: string): { readonly target: string; readonly options: string } {
  const cut = text.indexOf(':')
  const target = cut < 0 ? text : text.slice(0, cut)
  checkTarget(target)
  return { target, options: cut < 0 ? '' : text.slice(cut + 1) }
}

/** The mount that a `--tmpfs` asks for. @throws InvalidMountSpecError for an unknown option */
export function tmpfsMount(destination: string, options: string): MountPoint {
  const fail = (word: string): never => {
    throw new InvalidMountSpecError(`${destination}:${options}`, `invalid tmpfs option '${word}'`)
  }
  let rw = true
  let noexec = true
  const tmpfs: { mode?: number; size?: number; uid?: number; gid?: number } = {}
  for (const word of options.split(',').filter((each) => each !== '')) {
    const [key = '', value] = word.split('=', 2)
    if (word === 'ro') rw = false
    else if (word === 'rw') rw = true
    else if (IGNORED.includes(word)) noexec = word === 'exec' ? false : word === 'noexec' ? true : noexec
    else if (value === undefined) fail(word)
    else if (key === 'size') tmpfs.size = bytesOf(value) ?? fail(word)
    else if (key === 'mode') tmpfs.mode = octalOf(value) ?? fail(word)
    else if ((key === 'uid' || key === 'gid') && /^\d{1,10}$/.test(value)) tmpfs[key] = Number(value)
    else if (!IGNORED_VALUES.includes(key)) fail(word)
  }
  return { type: 'tmpfs', destination, rw, mode: options, tmpfs: { ...tmpfs, noexec } }
}
