import type { Dockerfile, ParseOptions } from './dockerfile-types.js'
import { DockerfileSyntaxError } from './errors.js'
import { readInstruction, readInstructions } from './instructions/read.js'
import type { Instruction } from './instructions/types.js'
import { type CheckOptions, noCheckOptions, parseCheckDirective } from './parse/check-options.js'
import { detectDirectives } from './parse/directives.js'
import { parseNodes } from './parse/nodes.js'
import type { Directive, SyntaxDirective } from './parse/types.js'
import { decodeSource } from './text/utf8.js'

/** The directives at the head of a file, whether or not the rest of it can be read. */
export function parseDirectives(source: string | Uint8Array): { directives: readonly Directive[]; syntax: SyntaxDirective | null } {
  return detectDirectives(decodeSource(source))
}

function checkOptionsOf(directives: readonly Directive[]): CheckOptions {
  const directive = directives.find(({ name }) => name === 'check')
  if (!directive) return noCheckOptions
  const options = parseCheckDirective(directive.value)
  if (!('message' in options)) return options
  throw new DockerfileSyntaxError(
    {
      code: 'BAD_CHECK_DIRECTIVE',
      message: `failed to parse check options: ${options.message}`,
      hint: `Line ${directive.line}: write \`# check=skip=Rule,Rule;error=true\`; the options are skip, experimental and error.`,
    },
    'check',
    [],
  )
}

/**
 * Reads a whole Dockerfile: its text as nodes, and the nodes as typed instructions in stages. Nothing is expanded or resolved.
 *
 * Faults come in the reference's order: a bad `# check=`, then faults of the text (anywhere in the file), then those of instructions.
 * @param source text, or the bytes of a file (bytes that are not UTF-8 read as U+FFFD)
 * @throws DockerfileSyntaxError
 */
export function parseDockerfile(source: string | Uint8Array, options: ParseOptions = {}): Dockerfile {
  const checkOptions = checkOptionsOf(parseDirectives(source).directives)
  const parsed = parseNodes(source, options)
  const { metaArgs, stages, warnings } = readInstructions(parsed.nodes, parsed.warnings, checkOptions)
  return { ...parsed, metaArgs, stages, warnings }
}

/**
 * Reads one instruction on its own, as a trigger of ONBUILD is when a child image is built: with the default escape token, and lines
 * counted from its start.
 * @throws DockerfileSyntaxError whose message has no line in front
 */
export function parseInstruction(text: string, options: ParseOptions = {}): Instruction {
  const { nodes } = parseNodes(text, options)
  if (nodes.length !== 1) {
    throw new DockerfileSyntaxError(
      { code: 'BAD_ONBUILD_TRIGGER', message: 'onbuild trigger should be a single expression', hint: 'Use one ONBUILD per instruction.' },
      'instructions',
      [{ startLine: nodes[1]!.startLine, endLine: nodes[1]!.endLine }],
    )
  }
  return readInstruction(nodes[0]!)
}
