import { parseMount } from '../instructions/mount.js'
import type { Mount } from '../instructions/mount-types.js'
import type { RunInstruction } from '../instructions/types.js'
import { goQuote } from '../text/go-quote.js'
import { fault } from './errors.js'
import { baseName, isAbsolute, joinAbsolute } from './paths.js'
import { sourceOf } from './sources.js'
import type { StageState } from './state.js'
import type { ResolvedMount } from './types.js'

/** Reads the mounts of a RUN with their words expanded. @throws MountError, WordError */
export const readMounts = (instruction: RunInstruction, expand: (word: string) => string): Mount[] =>
  instruction.mounts.map(({ raw }) => parseMount(raw, expand))

/**
 * The mounts of a RUN as they are made.
 * @param sources of the instruction, by mount
 * @throws ResolutionFault
 */
export function resolveMounts(state: StageState, mounts: readonly Mount[], sources: readonly (StageState | undefined)[]): ResolvedMount[] {
  return mounts.map((mount, i) => {
    if (mount.type === 'secret') return secretMount(state, mount)
    if (mount.type === 'ssh') return sshMount(mount, i)
    return fileMount(state, mount, sources[i])
  })
}

const permissions = ({ mode, uid, gid }: Mount) => ({
  ...(mode === null ? {} : { mode }),
  ...(uid === null ? {} : { uid }),
  ...(gid === null ? {} : { gid }),
})

function secretMount(state: StageState, mount: Mount): ResolvedMount {
  const id = mount.source || mount.id || baseName(mount.target)
  const target = mount.target === '' ? (mount.env === null ? `/run/secrets/${baseName(id)}` : undefined) : absolute(state, mount.target)
  return {
    type: 'secret',
    ...(target === undefined ? {} : { target }),
    readonly: true,
    id,
    required: mount.required,
    ...(mount.env === null ? {} : { env: mount.env }),
    ...permissions(mount),
  }
}

function sshMount(mount: Mount, number: number): ResolvedMount {
  if (mount.source !== '') throw fault('BAD_MOUNT', 'ssh does not support source', 'name the agent with id=')
  const target = mount.target === '' ? `/run/buildkit/ssh_agent.${number}` : joinAbsolute(mount.target)
  return { type: 'ssh', target, readonly: true, id: mount.id || 'default', required: mount.required, ...permissions(mount) }
}

function fileMount(state: StageState, mount: Mount, source: StageState | undefined): ResolvedMount {
  if (source && !source.dispatched) {
    throw fault(
      'STAGE_ORDER',
      `cannot mount from stage ${goQuote(mount.from)} to ${goQuote(mount.target)}, stage needs to be defined before current command`,
      'move the stage above this one',
    )
  }
  const target = absolute(state, mount.target)
  if (target === '/') throw fault('BAD_MOUNT', `invalid mount target ${goQuote(target)}`, 'mount at a directory below the root')
  const path = joinAbsolute(mount.source)
  const type = mount.type === 'cache' || mount.type === 'tmpfs' ? mount.type : 'bind'
  return {
    type,
    target,
    ...(type === 'tmpfs' ? {} : { source: path, from: source ? sourceOf(source) : { kind: 'context' } }),
    readonly: mount.readonly,
    ...(type === 'cache' ? { id: mount.id || target, sharing: mount.sharing || 'shared' } : {}),
    ...(type === 'tmpfs' && mount.sizeLimit > 0 ? { sizeLimit: mount.sizeLimit } : {}),
    ...permissions(mount),
  }
}

const absolute = (state: StageState, path: string): string =>
  isAbsolute(path, state.platform!.os) ? joinAbsolute(path) : joinAbsolute(state.cwd, path)
