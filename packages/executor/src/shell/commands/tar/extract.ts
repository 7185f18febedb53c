import { readTar, type TarEntry } from '@layerwright/layer'
import { memoryContent } from '@layerwright/vfs'
import type { Call } from '../../call.js'
import { CommandFailure } from '../../failure.js'
import { patternRegExp } from '../../language/pattern.js'
import { fromBytes, fromName } from '../../system/bytes.js'
import { below } from '../../system/paths.js'
import { codeOf, strerror } from '../../system/strerror.js'
import { formatDate } from '../../text/dates.js'
import { showMode } from '../../text/mode.js'
import { Owners } from '../../text/owners.js'
import { exclusions, transformer } from './create.js'
import type { TarOptions } from './options.js'

/** Members of an archive. @throws CommandFailure where it is none. */
export async function membersOf(bytes: Uint8Array): Promise<TarEntry[]> {
  try {
    return await readTar(memoryContent(bytes))
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'string') throw error
    throw new CommandFailure('This does not look like a tar archive\ntar: Exiting with failure status due to previous errors', 2)
  }
}

/** Which members the operands name: themselves and what is below them. */
async function selector(
  call: Call,
  { parsed, operands }: TarOptions,
): Promise<{ wants: (name: string) => boolean; missing: () => string[] }> {
  const excluded = await exclusions(call, parsed)
  const wildcards = parsed.has('wild')
  const used = new Set<string>()
  const wants = (name: string) => {
    if (excluded(name)) return false
    if (operands.length === 0) return true
    const trimmed = name.replace(/\/+$/, '')
    for (const { name: operand } of operands) {
      const wanted = operand.replace(/(?<=.)\/+$/, '')
      const matches = wildcards ? patternRegExp(wanted).test(trimmed) : below(wanted, trimmed) !== undefined
      if (matches) {
        used.add(operand)
        return true
      }
    }
    return false
  }
  return { wants, missing: () => operands.map(({ name }) => name).filter((name) => !used.has(name)) }
}

export async function listArchive(call: Call, options: TarOptions, entries: readonly TarEntry[]): Promise<void> {
  const { wants, missing } = await selector(call, options)
  const owners = await Owners.load(call)
  const numeric = options.parsed.has('numeric')
  let width = 19
  for (const entry of entries) {
    const name = fromName(entry.name)
    if (!wants(name)) continue
    if (!options.parsed.has('v')) {
      call.out(`${name}\n`)
      continue
    }
    const type = entry.kind === 'hardlink' ? 'file' : entry.kind
    const mode = entry.kind === 'hardlink' ? `h${showMode('file', entry.mode).slice(1)}` : showMode(type, entry.mode)
    const owner = `${(numeric ? undefined : owners.userName(entry.uid)) ?? entry.uid}/${(numeric ? undefined : owners.groupName(entry.gid)) ?? entry.gid}`
    const size = entry.kind === 'char' || entry.kind === 'block' ? `${entry.major},${entry.minor}` : String(entry.content?.size ?? 0)
    width = Math.max(width, owner.length + size.length + 1)
    const date = formatDate('%Y-%m-%d %H:%M', Number(entry.mtimeNs / 1_000_000n))
    const target =
      entry.kind === 'symlink' ? ` -> ${fromName(entry.linkName)}` : entry.kind === 'hardlink' ? ` link to ${fromName(entry.linkName)}` : ''
    call.out(`${mode} ${owner}${size.padStart(width - owner.length)} ${date} ${name}${target}\n`)
  }
  for (const name of missing()) call.fail(`${name}: Not found in archive`, 2)
}

/** Unpacks into the folder. Names are relative to it: leading slashes and `..` are taken off unless `-P` says otherwise. */
export async function extractArchive(
  call: Call,
  options: TarOptions,
  entries: readonly TarEntry[],
  report: (text: string) => void,
): Promise<void> {
  const { parsed } = options
  const { wants, missing } = await selector(call, options)
  const rename = transformer(parsed.values('transform'))
  const strip = Number(parsed.value('strip') ?? 0)
  const root = call.fs.who.uid === 0
  const sameOwner = (root || parsed.has('same')) && !parsed.has('o')
  const keepModes = (root || parsed.has('p')) && !parsed.has('noperm')
  const folders: { readonly path: string; readonly entry: TarEntry }[] = []
  if (call.fs.find(call.path(options.folder))?.type !== 'dir')
    throw new CommandFailure(`${options.folder}: Cannot open: No such file or directory`, 2)
  const place = (name: string) => {
    const parts = rename(name)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
    if (parts.includes('..') && !parsed.has('P')) return undefined
    const kept = parts.slice(strip)
    if (kept.length === 0 && strip > 0) return undefined
    const relative = kept.join('/')
    return parsed.has('P') && name.startsWith('/')
      ? `/${relative}`
      : relative === ''
        ? call.path(options.folder)
        : `${call.path(options.folder)}/${relative}`
  }
  for (const entry of entries) {
    const name = fromName(entry.name)
    if (!wants(name)) continue
    await call.step()
    if (parsed.has('O')) {
      if (entry.content) for await (const part of entry.content.stream()) await call.write(part)
      continue
    }
    const path = place(name)
    if (path === undefined) {
      if (name.split('/').includes('..')) call.fail(`${name}: Member name contains '..'`, 2)
      continue
    }
    try {
      if (await extract(path, entry)) if (parsed.has('v')) report(`${name}\n`)
    } catch (error) {
      call.fail(
        `${name}: Cannot ${entry.kind === 'dir' ? 'mkdir' : entry.kind === 'symlink' || entry.kind === 'hardlink' ? 'create link' : 'open'}: ${strerror(error)}`,
        2,
      )
    }
  }
  // Directories last: their times change while they are filled.
  for (const { path, entry } of folders.reverse()) attributes(path, entry)
  for (const name of missing()) call.fail(`${name}: Not found in archive`, 2)
  if (call.status === 2) call.err('Exiting with failure status due to previous errors')

  async function extract(path: string, entry: TarEntry): Promise<boolean> {
    const existing = call.fs.find(path, false)
    if (entry.kind === 'dir') {
      if (existing?.type === 'dir' || (existing?.type === 'symlink' && call.fs.find(path)?.type === 'dir')) {
        if (existing.type === 'dir') folders.push({ path, entry })
        return true
      }
      if (existing) call.fs.unlink(path)
      makeFolders(path)
      if (!call.fs.find(path)) call.fs.mkdir(path, 0o700)
      folders.push({ path, entry })
      return true
    }
    if (existing) {
      if (parsed.has('k')) throw Object.assign(new Error(), { code: 'EEXIST' })
      if (parsed.has('skip')) return false
      if (parsed.has('newer') && existing.mtimeNs >= entry.mtimeNs) return false
      if (existing.type === 'dir') call.fs.rmdir(path)
      else call.fs.unlink(path)
    }
    makeFolders(path)
    switch (entry.kind) {
      case 'symlink':
        call.fs.symlink(fromName(entry.linkName), path)
        break
      case 'hardlink': {
        const target = place(fromName(entry.linkName))
        if (target === undefined) throw Object.assign(new Error(), { code: 'ENOENT' })
        call.fs.link(target, path)
        return true
      }
      case 'file': {
        const file = call.fs.create(path, { mode: 0o600, exclusive: true })
        try {
          for await (const part of entry.content?.stream() ?? []) await file.write(call.process.task, part)
        } finally {
          file.release()
        }
        break
      }
      default:
        call.fs.mknod(path, entry.kind, 0o600, entry.major, entry.minor)
    }
    attributes(path, entry)
    return true
  }

  function makeFolders(path: string): void {
    let at = path.indexOf('/', call.path(options.folder).length + 1)
    for (; at !== -1; at = path.indexOf('/', at + 1)) {
      const parent = path.slice(0, at)
      if (!call.fs.find(parent)) call.fs.mkdir(parent)
    }
  }

  function attributes(path: string, entry: TarEntry): void {
    const nofollow = entry.kind === 'symlink'
    try {
      if (sameOwner) call.fs.chown(path, entry.uid, entry.gid, nofollow)
    } catch (error) {
      if (codeOf(error) !== 'EPERM') throw error
    }
    if (!nofollow) call.fs.chmod(path, keepModes ? entry.mode : entry.mode & ~call.fs.umask & 0o777)
    if (!parsed.has('m')) call.fs.utimes(path, entry.mtimeNs, { nofollow, explicit: true })
    if (entry.xattrs && entry.xattrs.size > 0 && parsed.has('xattrs'))
      call.err(`${fromBytes(new Uint8Array())}extended attributes are not restored`)
  }
}
