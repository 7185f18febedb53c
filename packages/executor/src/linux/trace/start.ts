/** A command that is traced: the tree that it is given, as its trace is read against it, and what the tracer costs. */
import { readFileSync } from 'node:fs'
import { createOverlay, fileInode, isFsError, memoryContent, type Overlay, resolvePath } from '@layerwright/vfs'
import type { ExecMount, ExecRequest, ExecResult, RequestFile } from '../../types.js'
import { childrenOf } from '../processes.js'
import type { ContainerSpec } from '../spec.js'
import { KeptPrograms } from './kept.js'
import { CommandTrace, type TraceEnd } from './trace.js'
import { TreeNode } from './tree.js'

/** The folders that the kernel fills. */
const KERNEL = ['proc', 'sys', 'dev']

export interface TraceStart {
  readonly request: ExecRequest
  readonly spec: Pick<ContainerSpec, 'argv' | 'env' | 'cwd' | 'identity'>
  /** Targets are real paths. */
  readonly mounts: readonly ExecMount[]
  /** Files that the sandbox has beside the tree. */
  readonly own: readonly RequestFile[]
  /** Where what the command writes lies on this machine. */
  readonly upper: string
}

/** What is traced of one command. */
export class Tracing {
  readonly #trace: CommandTrace
  readonly #overlay: Overlay
  readonly #kept: KeptPrograms
  /** Milliseconds of processor time that the tracer had when it was last seen. */
  #tracerMs = 0

  constructor({ request, spec, mounts, own, upper }: TraceStart) {
    this.#overlay = request.overlay
    const root = TreeNode.root(request.overlay.freeze(), '')
    for (const name of KERNEL) root.put(name, new TreeNode('dir', { unknown: 'kernel' }))
    place(root, '/dev/shm', new TreeNode('dir'))
    for (const mount of [...mounts].sort((a, b) => depthOf(a.target) - depthOf(b.target))) place(root, mount.target, nodeOf(mount))
    for (const { path, bytes, mode = 0o755 } of [...own, ...(request.files ?? [])])
      place(root, path, TreeNode.root(fileInode(memoryContent(bytes), { mode })))
    const { uid, gid, groups } = spec.identity
    const elsewhere = [...KERNEL.map((name) => `/${name}`), ...mounts.map(({ target }) => target)].map(namesOf)
    this.#kept = new KeptPrograms(upper, (path) => {
      const names = namesOf(path)
      return !elsewhere.some((place) => place.every((name, i) => names[i] === name))
    })
    this.#trace = new CommandTrace(
      {
        argv: spec.argv,
        path: spec.env.get('PATH'),
        cwd: spec.cwd,
        superuser: uid === 0 && gid === 0 && groups.every((group) => group === 0),
        root: uid === 0,
      },
      root,
      (access) => request.onAccess?.(access),
      this.#kept,
    )
  }

  /** A piece of the trace. @param pid the process that the tracer is a child of */
  push(bytes: Uint8Array, pid: number | undefined): void {
    this.#trace.push(bytes)
    const tracer = pid === undefined ? undefined : childrenOf(pid)[0]
    if (tracer !== undefined) this.#tracerMs = Math.max(this.#tracerMs, processorMs(tracer))
  }

  /** Lets go of what is held open. */
  close(): void {
    this.#kept.close()
  }

  /** @param merge brings an overlay to what the command left */
  async end(merge: (overlay: Overlay) => Promise<void>): Promise<TraceEnd & { readonly tracing: ExecResult['tracing'] }> {
    let left: Overlay | undefined
    if (this.#trace.asks) {
      left = createOverlay(this.#overlay.freeze())
      await merge(left)
    }
    const end = await this.#trace.end((path) => fileAt(left, path))
    return { ...end, tracing: { calls: end.calls, tracerMs: this.#tracerMs } }
  }
}

async function fileAt(overlay: Overlay | undefined, path: string) {
  try {
    const stat = overlay?.lstat(path)
    if (!overlay || stat?.type !== 'file') return undefined
    const { mode, uid, gid, xattrs } = stat
    return { mode, uid, gid, xattrs, content: overlay.open(path) }
  } catch (error) {
    if (isFsError(error)) return undefined
    throw error
  }
}

/** What is seen at a mount, told by the path that it is seen at: who asked knows which mounts it looks into. */
function nodeOf({ target, source, subpath, scratch, socket }: ExecMount): TreeNode {
  if (socket !== undefined) return new TreeNode('socket')
  if (scratch) return new TreeNode('dir')
  if (!('driver' in source)) return new TreeNode('dir', { unknown: 'host' })
  const tree = source.freeze()
  const inode = subpath ? resolvePath(tree, subpath)?.inode : tree
  return inode ? TreeNode.root(inode, target) : new TreeNode('dir', { unknown: 'host' })
}

/** Puts something at a real path; folders on the way that the tree has not are made by the runtime. */
function place(root: TreeNode, path: string, node: TreeNode): void {
  const names = path.split('/').filter(Boolean)
  const last = names.pop()
  let at = root
  for (const name of names) {
    let next = at.child(name)
    if (!next) {
      next = new TreeNode('dir')
      at.put(name, next)
    }
    at = next
  }
  if (last !== undefined) at.put(last, node)
}

const namesOf = (path: string): string[] => path.split('/').filter(Boolean)
const depthOf = (path: string): number => namesOf(path).length

/** Ticks of a process' clocks: a hundred a second on every Linux. */
const TICK_MS = 10

/** Processor time of a process so far (proc(5), stat, fields 14 and 15). */
function processorMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}
