import type { Shell } from '../language/shell.js'
import { below, join, normalize } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Builtin } from './types.js'

async function enter(shell: Shell, name: string, target: string, physical: boolean, label: string): Promise<number> {
  const path = join(shell.cwd, target)
  try {
    const place = physical ? shell.fs.realpath(path) : normalize(path)
    const stat = shell.fs.stat(place)
    if (stat.type !== 'dir') throw Object.assign(new Error(), { code: 'ENOTDIR' })
    if (!shell.fs.access(place, 1)) throw Object.assign(new Error(), { code: 'EACCES' })
    const before = shell.env.get('PWD') ?? shell.cwd
    shell.cwd = place
    const set = (variable: string, value: string) => {
      shell.env.set(variable, value)
      if (shell.dialect === 'bash') shell.env.find(variable)!.exported = true
    }
    set('OLDPWD', before)
    set('PWD', place)
    return 0
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    await shell.complain(shell.dialect === 'bash' ? `${name}: ${label}: ${strerror(error)}` : `${name}: can't cd to ${label}`)
    return shell.dialect === 'bash' ? 1 : 2
  }
}

export const cd: Builtin = async (shell, args) => {
  let physical = shell.has('physical')
  let at = 0
  for (; /^-[LPe@]+$/.test(args[at] ?? ''); at++) physical = args[at]!.includes('P')
  if (args[at] === '--') at++
  if (args.length - at > 1 && shell.dialect === 'bash') {
    await shell.complain('cd: too many arguments')
    return 1
  }
  let target = args[at]
  let print = false
  if (target === undefined) {
    target = shell.env.get('HOME')
    if (target === undefined) {
      await shell.complain('cd: HOME not set')
      return 1
    }
  } else if (target === '-') {
    target = shell.env.get('OLDPWD')
    if (target === undefined) {
      await shell.complain('cd: OLDPWD not set')
      return 1
    }
    print = true
  }
  if (target === '') return 0
  const searched = /^(?:\/|\.\.?(?:\/|$))/.test(target) ? [] : (shell.env.get('CDPATH') ?? '').split(':').filter((each) => each !== '')
  const viaPath = searched.map((folder) => `${folder}/${target}`).find((path) => shell.fs.find(join(shell.cwd, path))?.type === 'dir')
  const status = await enter(shell, 'cd', viaPath ?? target, physical, target)
  if (status === 0 && (print || viaPath !== undefined)) await shell.write(1, `${shell.cwd}\n`)
  return status
}

export const pwd: Builtin = async (shell, args) => {
  const physical = args.some((arg) => arg.includes('P'))
  await shell.write(1, `${physical ? shell.fs.realpath(shell.cwd) : shell.cwd}\n`)
}

async function list(shell: Shell): Promise<void> {
  const home = shell.env.get('HOME')
  const shorten = (path: string) => {
    const rest = home && home !== '/' ? below(home, path) : undefined
    return rest === undefined ? path : rest === '' ? '~' : `~/${rest}`
  }
  await shell.write(1, `${[shell.cwd, ...shell.directories].map(shorten).join(' ')}\n`)
}

export const pushd: Builtin = async (shell, args) => {
  const [target] = args.filter((arg) => arg !== '-n')
  if (target === undefined) {
    const [top] = shell.directories
    if (top === undefined) {
      await shell.complain('pushd: no other directory')
      return 1
    }
    shell.directories[0] = shell.cwd
    await enter(shell, 'pushd', top, false, top)
  } else {
    const before = shell.cwd
    const status = await enter(shell, 'pushd', target, false, target)
    if (status !== 0) return 1
    shell.directories.unshift(before)
  }
  await list(shell)
}

export const popd: Builtin = async (shell) => {
  const top = shell.directories.shift()
  if (top === undefined) {
    await shell.complain('popd: directory stack empty')
    return 1
  }
  const status = await enter(shell, 'popd', top, false, top)
  if (status === 0) await list(shell)
  return status
}

export const dirs: Builtin = async (shell, args) => {
  if (args.includes('-c')) shell.directories = []
  else await list(shell)
}
