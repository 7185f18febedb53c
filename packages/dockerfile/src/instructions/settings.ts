import type { DockerfileNode } from '../parse/types.js'
import { trim } from '../text/space.js'
import { compareBytes } from '../text/utf8.js'
import { atLeastOneArgument, exactlyOneArgument, fault } from './faults.js'
import { readFlags } from './flags.js'
import { baseOf, textArguments } from './request.js'
import type {
  ExposeInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './types.js'

/** The one argument of an instruction without flags of its own. */
function oneArgument(node: DockerfileNode, name: string): string {
  const args = textArguments(node)
  if (args.length !== 1) throw exactlyOneArgument(name)
  readFlags(node.flags)
  return args[0]!
}

export function readMaintainer(node: DockerfileNode): MaintainerInstruction {
  return { name: 'MAINTAINER', ...baseOf(node), maintainer: oneArgument(node, 'MAINTAINER') }
}

export function readUser(node: DockerfileNode): UserInstruction {
  return { name: 'USER', ...baseOf(node), user: oneArgument(node, 'USER') }
}

export function readWorkdir(node: DockerfileNode): WorkdirInstruction {
  return { name: 'WORKDIR', ...baseOf(node), path: oneArgument(node, 'WORKDIR') }
}

/** STOPSIGNAL never looks at its flags, as in the reference. */
export function readStopsignal(node: DockerfileNode): StopsignalInstruction {
  const args = textArguments(node)
  if (args.length !== 1) throw exactlyOneArgument('STOPSIGNAL')
  return { name: 'STOPSIGNAL', ...baseOf(node), signal: args[0]! }
}

export function readExpose(node: DockerfileNode): ExposeInstruction {
  const ports = textArguments(node)
  if (ports.length === 0) throw atLeastOneArgument('EXPOSE')
  readFlags(node.flags)
  return { name: 'EXPOSE', ...baseOf(node), ports: ports.sort(compareBytes) }
}

export function readVolume(node: DockerfileNode): VolumeInstruction {
  const args = textArguments(node)
  if (args.length === 0) throw atLeastOneArgument('VOLUME')
  readFlags(node.flags)
  const volumes = args.map(trim)
  if (volumes.includes(''))
    throw fault('MISSING_ARGUMENTS', 'VOLUME specified can not be an empty string', 'Write the path of a directory.')
  return { name: 'VOLUME', ...baseOf(node), volumes }
}

export function readShell(node: DockerfileNode): ShellInstruction {
  readFlags(node.flags)
  const shell = textArguments(node)
  if (shell.length === 0) throw atLeastOneArgument('SHELL')
  if (!node.json) {
    throw fault('JSON_REQUIRED', 'SHELL requires the arguments to be in JSON form', 'Write SHELL ["/bin/bash", "-c"], with double quotes.')
  }
  return { name: 'SHELL', ...baseOf(node), shell }
}

export function readOnbuild(node: DockerfileNode): OnbuildInstruction {
  const [trigger] = textArguments(node)
  if (trigger === undefined) throw atLeastOneArgument('ONBUILD')
  readFlags(node.flags)
  const keyword = trim(trigger).toUpperCase()
  if (keyword === 'ONBUILD') {
    throw fault('BAD_ONBUILD_TRIGGER', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 'Keep one ONBUILD.')
  }
  if (keyword === 'MAINTAINER' || keyword === 'FROM') {
    throw fault(
      'BAD_ONBUILD_TRIGGER',
      `${keyword} isn't allowed as an ONBUILD trigger`,
      'Triggers run inside the stage of the child image.',
    )
  }
  const text = node.original.replace(/^[\t\n\f\r ]*onbuild[\t\n\f\r ]*/i, '')
  const bodies = node.heredocs.map((heredoc) => `\n${heredoc.data}${heredoc.name}`)
  return { name: 'ONBUILD', ...baseOf(node), expression: text + bodies.join('') }
}
