import { type Digest, sha256 } from '@layerwright/digest'
import type { ResolvedMount } from '@layerwright/dockerfile'
import type { ExecMount } from '@layerwright/executor'
import { createOverlay, dirInode, emptySnapshot, fileInode, memoryContent, type Overlay, treeDigest } from '@layerwright/vfs'
import { canBeTraced, type TracedBind } from '../cache/trace/binds.js'
import { SecretNotFoundError, SshAgentNotFoundError } from '../errors.js'
import { baseName, cleanPath } from '../paths.js'
import { follow, type SourceTree } from '../select/sources.js'
import { CacheMounts } from './cache-mount.js'
import type { StepContext } from './types.js'

/** The mounts of one RUN: what they add to its key, and the filesystems themselves, made when it runs. */
export interface PreparedMounts {
  /** For the key: bind sources by content; ids and places of the others, never a secret's or a cache's bytes. */
  readonly inputs: readonly unknown[]
  /** The same for a RUN that is traced: without the contents of the binds that are looked into. */
  readonly tracedInputs: readonly unknown[]
  readonly binds: readonly TracedBind[]
  /** Variables that secrets with `env` set. */
  readonly env: ReadonlyMap<string, string>
  /** The names among them whose values are secrets. */
  readonly secretEnv: ReadonlySet<string>
  /** Layers that are read when it runs. Not to be asked of what is only foreseen. */
  diffIds(): Promise<readonly Digest[]>
  open(): Promise<OpenMounts>
}

export interface OpenMounts {
  readonly mounts: readonly ExecMount[]
  /** Keeps what the caches hold now; only after a step that succeeded. */
  keep(): Promise<void>
  /** Lets other steps have the caches; however the step ended. */
  close(): void
}

/** What a program sees of who a mount belongs to. */
const ownership = ({ mode, uid, gid }: ResolvedMount): unknown[] => [mode ?? null, uid ?? null, gid ?? null]

const targetOf = ({ target }: ResolvedMount, cwd: string): string | undefined =>
  target === undefined ? undefined : cleanPath(target.startsWith('/') ? target : `${cwd}/${target}`)

/** @throws SourceNotFoundError, SecretNotFoundError, SshAgentNotFoundError */
export async function prepareMounts(mounts: readonly ResolvedMount[], cwd: string, context: StepContext): Promise<PreparedMounts> {
  const inputs: unknown[] = []
  const tracedInputs: unknown[] = []
  const binds: TracedBind[] = []
  const targets = mounts.map((mount) => targetOf(mount, cwd))
  /** What is in the key either way. */
  const key = (input: readonly unknown[]): void => {
    inputs.push(input)
    tracedInputs.push(input)
  }
  const env = new Map<string, string>()
  const secretEnv = new Set<string>()
  const openers: ((caches: CacheMounts) => Promise<ExecMount>)[] = []
  const locked: string[] = []
  const trees: SourceTree[] = []
  let sockets = 0

  for (const mount of mounts) {
    const { type, readonly } = mount
    const target = targetOf(mount, cwd)
    if (type === 'ssh') {
      const id = mount.id ?? 'default'
      const agent = context.runSettings.ssh?.get(id)
      if (mount.required && agent === undefined) throw new SshAgentNotFoundError(id)
      const socket = target ?? `/run/buildkit/ssh_agent.${sockets}`
      sockets++
      key([type, socket])
      // The variable names the socket of the first one, whether there is an agent behind it or not.
      if (!env.has('SSH_AUTH_SOCK')) env.set('SSH_AUTH_SOCK', socket)
      if (agent !== undefined)
        openers.push(async () => ({
          target: socket,
          source: oneFile('socket', new Uint8Array(), mount, 0o600),
          subpath: 'socket',
          socket: agent,
        }))
      continue
    }
    if (type === 'secret') {
      const id = mount.id ?? baseName(mount.target ?? '')
      const secret = context.secrets.get(id)
      key([type, id, target ?? null, mount.env ?? null, secret !== undefined, ...ownership(mount)])
      if (!secret) {
        if (mount.required) throw new SecretNotFoundError(id)
        continue
      }
      if (mount.env !== undefined) {
        env.set(mount.env, new TextDecoder().decode(secret))
        secretEnv.add(mount.env)
      }
      // With `env` there is a file only where a target asks for one.
      if (mount.env !== undefined && target === undefined) continue
      openers.push(async () => ({
        target: target ?? `/run/secrets/${id}`,
        source: oneFile('secret', secret, mount, 0o400),
        subpath: 'secret',
        readonly: true,
      }))
      continue
    }
    if (target === undefined) continue
    if (type === 'tmpfs') {
      key([type, target, mount.sizeLimit ?? null])
      const size = mount.sizeLimit ?? 0
      openers.push(async () => ({
        target,
        source: createOverlay(emptySnapshot({ mode: 0o1777 }), { maxBytes: size }),
        scratch: { size: mount.sizeLimit },
      }))
      continue
    }
    const source = mount.from || type === 'bind' ? await sourceTree(mount, context) : undefined
    if (source) trees.push(source.tree)
    if (type === 'bind') {
      const { holder, inode, subpath } = source!
      inputs.push([type, target, readonly, await sourceKey(source!, context)])
      const others = targets.flatMap((other, i) => (mounts[i] === mount ? [] : (other ?? [])))
      if (context.strength === 'traced' && canBeTraced(target, others)) {
        tracedInputs.push([type, target, readonly, inode.type])
        binds.push({ target, root: holder, at: subpath === undefined ? '' : `/${subpath}`, times: seesTimes(source!, context) })
      } else tracedInputs.push(inputs.at(-1))
      // What a read-write bind writes vanishes with its overlay.
      openers.push(async () => ({
        target,
        source: createOverlay(holder),
        readonly,
        ...(subpath ? { subpath } : {}),
      }))
      continue
    }
    const id = mount.id ?? target
    key([type, target, id, mount.sharing ?? 'shared', readonly, ...ownership(mount)])
    if (mount.sharing === 'locked') locked.push(id)
    const from = source?.inode.type === 'dir' ? source.inode : undefined
    openers.push(async (caches) => ({ target, source: await caches.open(id, mount, from), readonly }))
  }

  return {
    inputs,
    tracedInputs,
    binds,
    env,
    secretEnv,
    diffIds: async () => (await Promise.all(trees.map((tree) => tree.diffIds?.() ?? []))).flat(),
    async open() {
      const caches = new CacheMounts(context.store)
      try {
        await caches.lock(locked, context.signal)
        const opened: ExecMount[] = []
        for (const open of openers) opened.push(await open(caches))
        return { mounts: opened, keep: () => caches.keep(), close: () => caches.close() }
      } catch (error) {
        caches.close()
        throw error
      }
    },
  }
}

/** What a bind or the start of a cache takes: a directory as it is, a file in a directory of its own. Resolved inside its source tree (S18). */
async function sourceTree(mount: ResolvedMount, context: StepContext) {
  const tree = await context.source(mount.from ?? { kind: 'context' })
  const inode = follow(tree, cleanPath(mount.source ?? '/'))
  if (inode.type === 'dir') return { mount, tree, inode, holder: inode, subpath: undefined }
  return { mount, tree, inode, holder: dirInode(new Map([['source', inode]])), subpath: 'source' }
}

/** What is mounted, in a key. */
async function sourceKey(source: Awaited<ReturnType<typeof sourceTree>>, context: StepContext): Promise<Digest> {
  const { mount, tree, inode } = source
  if (context.strength === 'definition' && tree.chain) return sha256(JSON.stringify([await tree.chain(), mount.source ?? '/']))
  return treeDigest(inode, seesTimes(source, context) ? 'exact' : 'selection', { signal: context.signal })
}

/** Whether the times in it are those that a command sees everywhere. */
const seesTimes = ({ tree }: { readonly tree: SourceTree }, { times }: StepContext): boolean => times.mode === 'fixed' || !tree.hostTimes

function oneFile(name: string, bytes: Uint8Array, mount: ResolvedMount, mode: number): Overlay {
  const file = fileInode(memoryContent(bytes), { mode: mount.mode ?? mode, uid: mount.uid ?? 0, gid: mount.gid ?? 0 })
  return createOverlay(dirInode(new Map([[name, file]])))
}
