import type { Stat } from '@layerwright/vfs'
import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { NotSimulated } from '../failure.js'
import { codeOf, strerror } from '../system/strerror.js'
import { formatDate } from '../text/dates.js'
import { humanSize } from '../text/lines.js'
import { linkCount } from '../text/links.js'
import { showMode } from '../text/mode.js'
import { Owners } from '../text/owners.js'
import type { Command } from './types.js'

interface Row {
  readonly name: string
  readonly path: string
  readonly stat: Stat
}

export const ls: Command = async (call) => {
  const options = parseOptions(call, '1aAbBcCdfFgGhHiI:klLmnNopqQrRsStT:uUvw:xXZ', {
    all: 'a', 'almost-all': 'A', directory: 'd', classify: 'F::', recursive: 'R', reverse: 'r', 'human-readable': 'h', inode: 'i', 'numeric-uid-gid': 'n',
    'no-group': 'G', size: 's', ignore: 'I:', 'group-directories-first': 'dirs', color: 'color::', time: 'time:', 'time-style': 'style:', 'full-time': 'full',
    'file-type': 'types', sort: 'sort:', dereference: 'L', 'si': 'si', 'hide': 'hide:', 'quote-name': 'Q', literal: 'N', width: 'w:', format: 'format:',
  }, 2) // biome-ignore format: a table
  if (options.has('C', 'x')) throw new NotSimulated('filling columns is not simulated')
  const listing = new Listing(call, options, await Owners.load(call))
  const operands = options.operands.length > 0 ? options.operands : ['.']
  const files: Row[] = []
  const folders: Row[] = []
  const long = listing.isLong
  for (const operand of operands) {
    const path = call.path(operand)
    try {
      // Operands that are links are followed, unless the listing would show the link itself.
      const keepLink = !options.has('L') && !options.has('H') && (long || options.has('d', 'F'))
      const stat = keepLink ? call.fs.lstat(path) : (call.fs.find(path) ?? call.fs.lstat(path))
      ;(stat.type === 'dir' && !options.has('d') ? folders : files).push({ name: operand, path, stat })
    } catch (error) {
      call.fail(`cannot access '${operand}': ${strerror(error)}`, call.busybox ? 1 : 2)
    }
  }
  listing.show(listing.sorted(files), false)
  let first = files.length === 0
  for (const folder of listing.sorted(folders)) {
    if (!first) call.out('\n')
    first = false
    await listing.folder(folder, operands.length > 1 || options.has('R'))
  }
}

class Listing {
  private readonly call: Call
  private readonly options: Parsed
  private readonly owners: Owners

  constructor(call: Call, options: Parsed, owners: Owners) {
    this.call = call
    this.options = options
    this.owners = owners
  }

  get isLong(): boolean {
    return this.options.has('l', 'n', 'g', 'o', 'full') || /^(?:long|verbose)$/.test(this.options.value('format') ?? '')
  }

  sorted(rows: readonly Row[]): Row[] {
    const { options } = this
    if (options.has('U', 'f')) return [...rows]
    const by = [...options.given].reverse().find(({ name }) => ['S', 't', 'X', 'v', 'sort'].includes(name))
    const kind = by?.name === 'sort' ? ({ size: 'S', time: 't', extension: 'X', version: 'v' }[by.value] ?? '') : (by?.name ?? '')
    const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    const extension = (name: string) => (name.includes('.') ? name.slice(name.lastIndexOf('.')) : '')
    const compare = (a: Row, b: Row): number => {
      if (kind === 'S') return b.stat.size - a.stat.size || byName(a, b)
      if (kind === 't') return a.stat.mtimeNs === b.stat.mtimeNs ? byName(a, b) : a.stat.mtimeNs > b.stat.mtimeNs ? -1 : 1
      if (kind === 'X') return extension(a.name) < extension(b.name) ? -1 : extension(a.name) > extension(b.name) ? 1 : byName(a, b)
      if (kind === 'v') return a.name.localeCompare(b.name, 'en', { numeric: true })
      return byName(a, b)
    }
    const result = [...rows].sort(options.has('r') ? (a, b) => compare(b, a) : compare)
    if (!options.has('dirs')) return result
    const isFolder = ({ path }: Row) => this.call.fs.find(path)?.type === 'dir'
    return [...result.filter(isFolder), ...result.filter((row) => !isFolder(row))]
  }

  async folder(folder: Row, titled: boolean): Promise<void> {
    const { call, options } = this
    await call.step()
    if (titled) call.out(`${folder.name}:\n`)
    const rows: Row[] = []
    try {
      const names = call.fs.readdir(folder.path).map((entry) => entry.name)
      if (options.has('a', 'f')) names.unshift('.', '..')
      const ignored = [...options.values('I'), ...(options.has('a', 'A') ? [] : options.values('hide'))]
      for (const name of names) {
        if (name.startsWith('.') && !options.has('a', 'A', 'f')) continue
        if (ignored.length > 0) {
          const { patternRegExp } = await import('../language/pattern.js')
          if (ignored.some((pattern) => patternRegExp(pattern).test(name))) continue
        }
        const path = `${folder.path.replace(/\/+$/, '')}/${name}`
        rows.push({ name, path, stat: options.has('L') ? (call.fs.find(path) ?? call.fs.lstat(path)) : call.fs.lstat(path) })
      }
    } catch (error) {
      call.fail(`cannot open directory '${folder.name}': ${strerror(error)}`, 2)
      return
    }
    if (this.isLong || options.has('s'))
      call.out(
        `total ${options.has('h') ? humanSize(rows.reduce((sum, row) => sum + this.blocks(row.stat), 0) * 1024) : rows.reduce((sum, row) => sum + this.blocks(row.stat), 0)}\n`,
      )
    const ordered = this.sorted(rows)
    this.show(ordered, true)
    if (!options.has('R')) return
    for (const row of ordered) {
      if (row.stat.type !== 'dir' || row.name === '.' || row.name === '..') continue
      call.out('\n')
      await this.folder({ ...row, name: `${folder.name.replace(/(?<=.)\/+$/, '')}/${row.name}` }, true)
    }
  }

  /** 1 KiB blocks as a filesystem with 4 KiB blocks has them. */
  private blocks(stat: Stat): number {
    if (stat.type === 'dir') return 4
    return stat.type === 'file' ? Math.ceil(stat.size / 4096) * 4 : 0
  }

  show(rows: readonly Row[], _inside: boolean): void {
    const { call, options } = this
    if (this.isLong) {
      this.showLong(rows)
      return
    }
    if (options.has('m')) {
      if (rows.length > 0) call.out(`${rows.map((row) => this.label(row)).join(', ')}\n`)
      return
    }
    const inodes = rows.map((row) => String(row.stat.ino))
    const width = Math.max(0, ...inodes.map((each) => each.length))
    const sizes = rows.map((row) => String(this.blocks(row.stat)))
    const sizeWidth = Math.max(0, ...sizes.map((each) => each.length))
    rows.forEach((row, at) => {
      call.out(
        `${options.has('i') ? `${inodes[at]!.padStart(width)} ` : ''}${options.has('s') ? `${sizes[at]!.padStart(sizeWidth)} ` : ''}${this.label(row)}\n`,
      )
    })
  }

  private label(row: Row): string {
    const { options } = this
    const name = options.has('Q') ? `"${row.name.replace(/["\\]/g, '\\$&')}"` : row.name
    return name + this.mark(row.stat)
  }

  private mark(stat: Stat): string {
    const { options } = this
    if (stat.type === 'dir' && options.has('F', 'p', 'types')) return '/'
    if (!options.has('F', 'types')) return ''
    if (stat.type === 'symlink') return '@'
    if (stat.type === 'fifo') return '|'
    return options.has('F') && stat.type === 'file' && (stat.mode & 0o111) !== 0 ? '*' : ''
  }

  private showLong(rows: readonly Row[]): void {
    const { call, options } = this
    const numeric = options.has('n')
    const lines = rows.map((row) => {
      const { stat } = row
      const size =
        stat.type === 'char' || stat.type === 'block'
          ? `${stat.major}, ${stat.minor}`
          : options.has('h')
            ? humanSize(stat.size)
            : String(stat.type === 'dir' ? 4096 : stat.size)
      return {
        row,
        cells: [
          ...(options.has('i') ? [String(stat.ino)] : []),
          ...(options.has('s') ? [String(this.blocks(stat))] : []),
          showMode(stat.type, stat.mode),
          String(linkCount(call, row.path, stat)),
          ...(options.has('g') ? [] : [(numeric ? undefined : this.owners.userName(stat.uid)) ?? String(stat.uid)]),
          ...(options.has('o', 'G') ? [] : [(numeric ? undefined : this.owners.groupName(stat.gid)) ?? String(stat.gid)]),
          size,
        ],
      }
    })
    const lead = (options.has('i') ? 1 : 0) + (options.has('s') ? 1 : 0)
    const widths = (lines[0]?.cells ?? []).map((_, column) => Math.max(...lines.map((line) => line.cells[column]!.length)))
    for (const { row, cells } of lines) {
      const padded = cells.map((cell, column) => {
        const isOwner = column > lead + 1 && column < cells.length - 1
        return isOwner || column === lead ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
      })
      let target = ''
      if (row.stat.type === 'symlink') {
        try {
          const followed = call.fs.find(row.path)
          target = ` -> ${call.fs.readlink(row.path)}${followed ? this.mark(followed) : ''}`
        } catch (error) {
          if (codeOf(error) === undefined) throw error
        }
      }
      const label = target === '' ? this.label(row) : row.name
      call.out(`${padded.join(' ')} ${this.date(row.stat)} ${label}${target}\n`)
    }
  }

  private date(stat: Stat): string {
    const { options } = this
    const ms = Number(stat.mtimeNs / 1_000_000n)
    const nanoseconds = Number(((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
    const style = options.has('full') ? 'full-iso' : options.value('style')
    if (style?.startsWith('+')) return formatDate(style.slice(1), ms, nanoseconds)
    if (style === 'full-iso') return formatDate('%Y-%m-%d %H:%M:%S.%N %z', ms, nanoseconds)
    if (style === 'long-iso') return formatDate('%Y-%m-%d %H:%M', ms)
    const age = this.call.process.run.scheduler.now() - ms
    const recent = age < (31556952 / 2) * 1000 && age >= -1000
    if (style === 'iso') return formatDate(recent ? '%m-%d %H:%M' : '%Y-%m-%d ', ms)
    return formatDate(recent ? '%b %e %H:%M' : '%b %e  %Y', ms)
  }
}
