import type { Stat } from '@layerwright/vfs'
import { BytesInput, OpenFile, SystemError } from './open-file.js'
import { basename, below, dirname } from './paths.js'
import type { Task } from './task.js'

/**
 * What the command sees and the tree never holds: /dev, a little of /proc and /sys, and the files that came with the
 * request. The places are directories of the tree or not; their contents never reach the overlay.
 */

class NullDevice extends OpenFile {
  readonly name = '/dev/null'
  override async read(): Promise<null> {
    return null
  }
  override write(): undefined {}
}

class ZeroDevice extends OpenFile {
  readonly name = '/dev/zero'
  override async read(task: Task, max = 65536): Promise<Uint8Array> {
    await task.step()
    return new Uint8Array(Math.min(max, 1 << 20))
  }
  override write(): undefined {}
}

class FullDevice extends ZeroDevice {
  override write(): undefined {
    throw new SystemError('ENOSPC')
  }
}

class RandomDevice extends OpenFile {
  readonly name = '/dev/urandom'
  override async read(task: Task, max = 65536): Promise<Uint8Array> {
    await task.step()
    return crypto.getRandomValues(new Uint8Array(Math.min(max, 65536)))
  }
  override write(): undefined {}
}

export interface VirtualNode {
  readonly type: 'dir' | 'char' | 'fifo' | 'file' | 'symlink'
  readonly mode: number
  readonly major?: number
  readonly minor?: number
  readonly bytes?: Uint8Array
  readonly target?: string
  open?(): OpenFile
}

const device = (major: number, minor: number, open: () => OpenFile): VirtualNode => ({ type: 'char', mode: 0o666, major, minor, open })
const directory: VirtualNode = { type: 'dir', mode: 0o755 }
const link = (target: string): VirtualNode => ({ type: 'symlink', mode: 0o777, target })

/** The places that belong to the kernel. */
const kernels = /^\/(?:dev|proc|sys)(?:\/|$)/

/** Descriptors of the command that asks: opened by the shell, which knows them. */
export const descriptorPath = /^\/(?:dev\/fd|proc\/self\/fd)\/([0-9]+)$/

/** What lies behind a descriptor is known to its process alone. */
const descriptorNode: VirtualNode = { type: 'fifo', mode: 0o600 }

const fixed: readonly (readonly [string, VirtualNode])[] = [
  ['/dev', directory],
  ['/dev/null', device(1, 3, () => new NullDevice())],
  ['/dev/zero', device(1, 5, () => new ZeroDevice())],
  ['/dev/full', device(1, 7, () => new FullDevice())],
  ['/dev/random', device(1, 8, () => new RandomDevice())],
  ['/dev/urandom', device(1, 9, () => new RandomDevice())],
  ['/dev/tty', { type: 'char', mode: 0o666, major: 5, minor: 0 }],
  ['/dev/fd', directory],
  ['/dev/stdin', link('/proc/self/fd/0')],
  ['/dev/stdout', link('/proc/self/fd/1')],
  ['/dev/stderr', link('/proc/self/fd/2')],
  ['/dev/pts', directory],
  ['/proc', { type: 'dir', mode: 0o555 }],
  ['/proc/self', { type: 'dir', mode: 0o555 }],
  ['/proc/self/fd', { type: 'dir', mode: 0o500 }],
  ['/sys', { type: 'dir', mode: 0o555 }],
]

export class VirtualFiles {
  private readonly nodes: Map<string, VirtualNode>
  private readonly below = new Map<string, { name: string; type: VirtualNode['type'] }[]>()

  constructor(files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly mode?: number | undefined }[]) {
    this.nodes = new Map(fixed)
    for (const file of files) {
      for (let slash = file.path.indexOf('/', 1); slash !== -1; slash = file.path.indexOf('/', slash + 1)) {
        const parent = file.path.slice(0, slash)
        if (below('/dev', parent) && !this.nodes.has(parent)) this.nodes.set(parent, directory)
      }
      this.nodes.set(file.path, {
        type: 'file',
        mode: file.mode ?? 0o755,
        bytes: file.bytes,
        open: () => new BytesInput(file.bytes, file.path),
      })
    }
    for (const [path, { type }] of this.nodes) {
      const folder = dirname(path)
      const names = this.below.get(folder) ?? []
      names.push({ name: basename(path), type })
      this.below.set(folder, names)
    }
  }

  get(path: string): VirtualNode | undefined {
    return this.nodes.get(path) ?? (kernels.test(path) && descriptorPath.test(path) ? descriptorNode : undefined)
  }

  /** Whether the place belongs to the virtual trees altogether, so that nothing may be created there. */
  owns(path: string): boolean {
    return kernels.test(path) || this.nodes.has(path)
  }

  children(path: string): readonly { readonly name: string; readonly type: VirtualNode['type'] }[] {
    return this.below.get(path) ?? []
  }

  stat(path: string, node: VirtualNode, nowMs: number): Stat {
    return {
      type: node.type,
      mode: node.mode,
      uid: 0,
      gid: 0,
      size: node.bytes?.length ?? node.target?.length ?? 0,
      nlink: node.type === 'dir' ? 2 : 1,
      ino: [...this.nodes.keys()].indexOf(path) + 1,
      dev: -1,
      mtimeNs: BigInt(Math.floor(nowMs)) * 1_000_000n,
      major: node.major,
      minor: node.minor,
    }
  }
}
