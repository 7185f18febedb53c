import { MountError } from '../errors.js'
import type { DockerfileNode } from '../parse/types.js'
import { goQuote } from '../text/go-quote.js'
import { readDevice } from './device.js'
import { fault } from './faults.js'
import { readFlags } from './flags.js'
import { runFlags } from './known-flags.js'
import { checkMount, parseMount } from './mount.js'
import { baseOf, textArguments } from './request.js'
import type { CmdInstruction, EntrypointInstruction, MountFlag, NetworkMode, RunInstruction, SecurityMode } from './types.js'

const networks: readonly string[] = ['default', 'none', 'host'] satisfies NetworkMode[]
const securities: readonly string[] = ['sandbox', 'insecure'] satisfies SecurityMode[]

function commandLine(node: DockerfileNode) {
  return {
    form: node.json ? ('exec' as const) : ('shell' as const),
    args: textArguments(node),
    heredocs: node.heredocs.map(({ name, data, chomp, bytes }) => ({ name, data, chomp, ...(bytes ? { bytes } : {}) })),
  }
}

export function readRun(node: DockerfileNode): RunInstruction {
  const flags = readFlags(node.flags, runFlags)
  // The order of these checks is the order in which the reference reports their faults.
  const devices = flags.texts('device').map(readDevice)
  const mounts = flags.texts('mount').map(readMountFlag)
  const network = flags.text('network', 'default')
  if (!networks.includes(network)) {
    throw fault('INVALID_MODE', `invalid network mode ${goQuote(network)}`, `The modes are ${networks.join(', ')}.`)
  }
  const security = flags.text('security', 'sandbox')
  if (!securities.includes(security)) {
    throw fault('INVALID_MODE', `security ${goQuote(security)} is not valid`, `The modes are ${securities.join(', ')}.`)
  }
  return {
    name: 'RUN',
    ...baseOf(node),
    ...commandLine(node),
    flagsUsed: flags.used(),
    network: network as NetworkMode,
    security: security as SecurityMode,
    devices,
    mounts,
  }
}

function readMountFlag(raw: string): MountFlag {
  try {
    checkMount(raw)
  } catch (error) {
    if (error instanceof MountError)
      throw fault(error.code === 'NO_EXPANSION' ? error.code : 'BAD_MOUNT', error.message, error.hint, { focus: raw })
    throw error
  }
  try {
    return { raw, parsed: parseMount(raw, (word) => word) }
  } catch (error) {
    if (error instanceof MountError) return { raw, error }
    throw error
  }
}

export function readCmd(node: DockerfileNode): CmdInstruction {
  readFlags(node.flags)
  return { name: 'CMD', ...baseOf(node), ...commandLine(node) }
}

export function readEntrypoint(node: DockerfileNode): EntrypointInstruction {
  readFlags(node.flags)
  const line = commandLine(node)
  return { name: 'ENTRYPOINT', ...baseOf(node), ...line, args: line.args.length === 0 ? null : line.args }
}
