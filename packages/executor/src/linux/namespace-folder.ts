/**
 * A host folder as a user of a rootless sandbox sees it, with the owners that there are in there: what belongs to subordinate ids this process can neither make nor change. So
 * a helper of ours in that user namespace does it, and this process waits for each answer, as it would for the kernel's.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type AttributesInit,
  type Content,
  type DirEntry,
  type FileType,
  FsError,
  type Node,
  type NodeInit,
  type Stat,
} from '@layerwright/vfs'
import type { HostFolder } from '@layerwright/vfs/node'
import { ExecutorError } from '../errors.js'
import { type FolderAnswer, type FolderCall, type HeldContent, type HeldNode, readFrame, writeFrame } from './folder-calls.js'
import { type Helper, startHelper } from './gate.js'
import { type Ids, namespaceOf } from './ids.js'

/** A bundler that moves this module has to put the other beside it. */
const PROGRAM = new URL('./folder-program.js', import.meta.url)
/** Bytes of one message: what is larger goes in several. */
const PIECE = 1024 * 1024
/** Milliseconds without a question after which the helper goes. */
const IDLE = 1000

export interface NamespaceOptions {
  readonly ids: Ids
  /** A process of the namespace; without one, another with the same ids is made. */
  readonly of?: number
  /** A folder of ours, for a moment. */
  readonly scratch: string
}

/**
 * Opens `path` as root of a user namespace.
 * @throws ExecutorError TOOL_FAILED where there is no way into it
 */
export function folderInNamespace(path: string, { ids, of, scratch }: NamespaceOptions): HostFolder {
  const enter =
    of === undefined ? ['unshare', ...namespaceOf(ids)] : ['nsenter', '--target', String(of), '--user', '--preserve-credentials']
  const start = (): Helper => {
    const folder = mkdtempSync(join(scratch, 'helper-'))
    try {
      const argv = [...enter, 'setpriv', '--pdeathsig', 'KILL', process.execPath, fileURLToPath(PROGRAM), path]
      const helper = startHelper(argv, folder)
      if (readFrame(helper.answers) !== undefined) return helper
      helper.end()
      throw new ExecutorError('TOOL_FAILED', `no process of ours gets to ${path} in its user namespace`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  // A process' number may be another one's when the helper starts again.
  return new NamespaceFolder(start, ids.kind !== 'one', of !== undefined)
}

/** @returns undefined where the helper is gone */
function exchange(calls: number, answers: number, call: FolderCall): FolderAnswer | undefined {
  try {
    writeFrame(calls, call)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return undefined
    throw error
  }
  return readFrame(answers) as FolderAnswer | undefined
}

class NamespaceFolder implements HostFolder {
  readonly #start: () => Helper
  readonly #owners: boolean
  #helper: Helper | undefined
  /** Something that it knows by a number may be asked for at any time. */
  #pinned: boolean
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(start: () => Helper, owners: boolean, pinned: boolean) {
    this.#start = start
    this.#owners = owners
    this.#pinned = pinned
    this.#helper = start()
  }

  #ask(method: string, args: readonly unknown[], nodes: readonly number[] = [0]): unknown {
    this.#helper ??= this.#start()
    const { calls, answers } = this.#helper
    const call = { method, args: args.map((arg, i) => (nodes.includes(i) ? (arg as HeldNode).id : arg)), nodes }
    const answer = exchange(calls, answers, call)
    this.#pinned ||= method === 'hold' || method === 'content'
    this.#rest()
    if (!answer) throw new FsError('EIO', method, '')
    if ('errno' in answer) throw new FsError(answer.errno, answer.op, answer.path)
    if ('fault' in answer) throw new ExecutorError('SANDBOX_FAILED', `a file of the sandbox could not be reached: ${answer.fault}`)
    return answer.value
  }

  /** Who has a folder for hours has no process for hours: another one knows the root as well, and other nodes are good for one operation. */
  #rest(): void {
    clearTimeout(this.#idle)
    if (!this.#pinned) this.#idle = setTimeout(() => this.#end(), IDLE).unref()
  }

  #end(): void {
    this.#helper?.end()
    this.#helper = undefined
  }

  get root(): Node {
    return this.#ask('root', [], []) as HeldNode
  }

  typeOf(node: Node): FileType {
    return (node as HeldNode).type
  }

  lookup(dir: Node, name: string): Node | undefined {
    return this.#ask('lookup', [dir, name]) as HeldNode | undefined
  }

  hold(node: Node): Node {
    return this.#ask('hold', [node]) as HeldNode
  }

  stat(node: Node, dev: number): Stat {
    return this.#ask('stat', [node, dev]) as Stat
  }

  list(dir: Node): DirEntry[] {
    return this.#ask('list', [dir]) as DirEntry[]
  }

  readlink(link: Node): string {
    return this.#ask('readlink', [link]) as string
  }

  same(a: Node, b: Node): boolean {
    return this.#ask('same', [a, b], [0, 1]) as boolean
  }

  place(node: Node): { readonly path: string; readonly inode: string } {
    return this.#ask('place', [node]) as { path: string; inode: string }
  }

  content(file: Node): Content {
    const { id, size } = this.#ask('content', [file]) as HeldContent
    const read = (offset: number, length: number) => this.#ask('read', [id, offset, length], []) as Uint8Array
    return {
      size,
      readInto(target, offset) {
        let at = 0
        while (at < target.length && offset + at < size) {
          const bytes = read(offset + at, Math.min(PIECE, target.length - at, size - offset - at))
          if (bytes.length === 0) break
          target.set(bytes, at)
          at += bytes.length
        }
        return at
      },
      async *stream(start = 0, end = size) {
        for (let at = start; at < end; ) {
          const bytes = read(at, Math.min(PIECE, end - at))
          if (bytes.length === 0) return
          yield bytes
          at += bytes.length
        }
      },
    }
  }

  create(dir: Node, name: string, init: NodeInit, mode: number): Node {
    if (init.type !== 'file') return this.#ask('create', [dir, name, init, mode]) as HeldNode
    const node = this.#ask('makeFile', [dir, name, mode]) as HeldNode
    this.#writePieces(node, 0, init.content)
    return node
  }

  #writePieces(file: Node, offset: number, content: Content): void {
    const piece = new Uint8Array(Math.min(PIECE, content.size))
    for (let at = 0; at < content.size; ) {
      if (!content.readInto) throw new FsError('ENOTSUP', 'write', '', { detail: 'its bytes cannot be had at once: read them first' })
      const got = content.readInto(piece, at)
      if (got === 0) throw new FsError('EIO', 'write', '')
      this.#ask('write', [file, offset + at, piece.subarray(0, got)])
      at += got
    }
  }

  link(node: Node, dir: Node, name: string): void {
    this.#ask('link', [node, dir, name], [0, 1])
  }

  unlink(dir: Node, name: string): void {
    this.#ask('unlink', [dir, name])
  }

  rmdir(dir: Node, name: string): void {
    this.#ask('rmdir', [dir, name])
  }

  rename(fromDir: Node, fromName: string, toDir: Node, toName: string): void {
    this.#ask('rename', [fromDir, fromName, toDir, toName], [0, 2])
  }

  write(file: Node, offset: number | 'end', data: Uint8Array | Content): void {
    if (data instanceof Uint8Array) this.#ask('write', [file, offset, data])
    else this.#writePieces(file, offset === 'end' ? this.stat(file, 0).size : offset, data)
  }

  replace(file: Node, content: Content): void {
    // What comes from this very file must not lose its bytes before they are read.
    const small = content.size <= PIECE && content.readInto ? new Uint8Array(content.size) : undefined
    if (small) content.readInto!(small, 0)
    this.#ask('resize', [file, small ? 0 : content.size])
    if (small) this.#ask('write', [file, 0, small])
    else this.#writePieces(file, 0, content)
  }

  resize(file: Node, size: number): void {
    this.#ask('resize', [file, size])
  }

  setAttributes(node: Node, { uid, gid, ...others }: Omit<AttributesInit, 'xattrs'>): void {
    // Where there is nobody else, everything is theirs.
    this.#ask('setAttributes', [node, this.#owners ? { uid, gid, ...others } : others])
  }

  setXattr(node: Node, name: string, value: Uint8Array | undefined): void {
    this.#ask('setXattr', [node, name, value])
  }

  close(): void {
    clearTimeout(this.#idle)
    this.#end()
  }
}
