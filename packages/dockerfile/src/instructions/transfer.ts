import { chompHeredoc, chompHeredocBytes, tryHeredocWord } from '../parse/heredoc.js'
import type { DockerfileNode } from '../parse/types.js'
import { fault } from './faults.js'
import { type FlagKind, readFlags } from './flags.js'
import { addFlags, copyFlags } from './known-flags.js'
import { baseOf, textArguments } from './request.js'
import type { AddInstruction, CopyInstruction, FileHeredoc } from './types.js'

function readTransfer(node: DockerfileNode, name: 'ADD' | 'COPY', known: ReadonlyMap<string, FlagKind>) {
  const args = textArguments(node)
  if (args.length < 2) {
    const message = `${name} requires at least two arguments, but only one was provided. Destination could not be determined`
    throw fault('MISSING_ARGUMENTS', message, `Write ${name} source… destination, for example \`${name} . /app/\`.`)
  }
  const flags = readFlags(node.flags, known)
  const dest = args.pop()!
  if (tryHeredocWord(dest)) {
    throw fault('BAD_WORD', `${name} cannot accept a heredoc as a destination`, 'Write the path of the file behind the heredoc.')
  }
  // Of two here-documents of one name the last body counts for both.
  const bodies = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc]))
  const sources: string[] = []
  const heredocs: FileHeredoc[] = []
  for (const arg of args) {
    const head = tryHeredocWord(arg)
    if (!head) {
      sources.push(arg)
      continue
    }
    // The JSON form takes no here-documents, yet `<<NAME` in it is still one, without a body.
    const { data = '', bytes } = bodies.get(head.name) ?? {}
    heredocs.push({
      name: head.name,
      data: head.chomp ? chompHeredoc(data) : data,
      // Expansion reads characters, and writes U+FFFD for what is none, as the reference's does.
      ...(bytes && !head.expand ? { bytes: head.chomp ? chompHeredocBytes(bytes) : bytes } : {}),
      expand: head.expand,
    })
  }
  const common = {
    sources,
    dest,
    heredocs,
    chown: flags.text('chown'),
    chmod: flags.text('chmod'),
    link: flags.boolean('link'),
    exclude: flags.texts('exclude'),
  }
  return { flags, common }
}

export function readCopy(node: DockerfileNode): CopyInstruction {
  const { flags, common } = readTransfer(node, 'COPY', copyFlags)
  return { name: 'COPY', ...baseOf(node), ...common, from: flags.text('from'), parents: flags.boolean('parents') }
}

export function readAdd(node: DockerfileNode): AddInstruction {
  const { flags, common } = readTransfer(node, 'ADD', addFlags)
  return {
    name: 'ADD',
    ...baseOf(node),
    ...common,
    checksum: flags.text('checksum'),
    keepGitDir: flags.optionalBoolean('keep-git-dir'),
    unpack: flags.optionalBoolean('unpack'),
  }
}
