import { DockerfileSyntaxError, InstructionFault, WordError } from '../errors.js'
import { type DockerfileLimits, defaultLimits } from '../limits.js'
import { skipSpace, trim } from '../text/space.js'
import { decodeSource, utf8Length } from '../text/utf8.js'
import { parseLine } from './arguments.js'
import { continuationAt } from './continuation.js'
import { DirectiveParser, detectDirectives } from './directives.js'
import { findHeredocs, type HeredocHead } from './heredoc.js'
import { LineReader } from './lines.js'
import { SourceBytes } from './source-bytes.js'
import type { Directive, DockerfileNode, EscapeToken, HeredocNode, LineRange, ParseWarning, SubNode, SyntaxDirective } from './types.js'

/** What the first pass makes of a text. */
export interface ParsedNodes {
  readonly escape: EscapeToken
  readonly directives: readonly Directive[]
  readonly syntax: SyntaxDirective | null
  readonly nodes: readonly DockerfileNode[]
  /** `NoEmptyContinuation` only. */
  readonly warnings: readonly ParseWarning[]
}

export interface NodeOptions {
  readonly limits?: Partial<DockerfileLimits>
}

/**
 * Pass one: text to nodes. Every fault it finds wins over every fault of the second pass.
 * @throws DockerfileSyntaxError of phase `parse`
 */
export function parseNodes(source: string | Uint8Array, options: NodeOptions = {}): ParsedNodes {
  return new NodeParser(source, { ...defaultLimits, ...options.limits }).parse()
}

class NodeParser {
  private readonly text: string
  private readonly limits: DockerfileLimits
  private readonly lines: LineReader
  private readonly bytes: SourceBytes
  private readonly head = new DirectiveParser()
  private escape: EscapeToken = '\\'
  private comments: string[] = []
  private readonly nodes: DockerfileNode[] = []
  private readonly warnings: ParseWarning[] = []

  constructor(source: string | Uint8Array, limits: DockerfileLimits) {
    const size = typeof source === 'string' ? source.length : source.byteLength
    if (size > limits.fileBytes || (typeof source === 'string' && size * 3 > limits.fileBytes && utf8Length(source) > limits.fileBytes)) {
      throw limitError(`the Dockerfile is larger than ${limits.fileBytes} bytes`, 'Copy large texts from files.', {
        startLine: 1,
        endLine: 1,
      })
    }
    this.text = decodeSource(source)
    this.limits = limits
    this.lines = new LineReader(this.text, limits.lineBytes)
    this.bytes = new SourceBytes(source)
  }

  parse(): ParsedNodes {
    while (this.lines.next()) {
      const line = this.opening()
      if (line !== undefined) this.instruction(line)
    }
    if (this.nodes.length === 0) {
      const line = Math.max(1, this.lines.line)
      throw new DockerfileSyntaxError(
        { code: 'EMPTY_DOCKERFILE', message: 'file with no instructions', hint: 'Start with a FROM line, for example `FROM scratch`.' },
        'parse',
        [{ startLine: line, endLine: line }],
      )
    }
    const { directives, syntax } = detectDirectives(this.text)
    return { escape: this.escape, directives, syntax, nodes: this.nodes, warnings: this.warnings }
  }

  /** The current line if an instruction may start there; notes comments and directives. */
  private opening(): string | undefined {
    let raw = this.lines.content()
    if (this.lines.line === 1 && raw.charCodeAt(0) === 0xfeff) raw = raw.slice(1)
    const start = skipSpace(raw)
    if (raw.charCodeAt(start) !== 35) {
      this.head.done = true
      return start === raw.length ? undefined : raw.slice(start)
    }
    if (!this.directive(raw.slice(start))) {
      // One character goes, whether it is the `#` or white space in front of it: an indented comment keeps its `#`.
      const comment = trim(raw.slice(1))
      if (comment === '') this.comments = []
      else this.comments.push(comment)
    }
    return undefined
  }

  private directive(line: string): boolean {
    const range = { startLine: this.lines.line, endLine: this.lines.line }
    return this.located(range, () => {
      const directive = this.head.read(line, this.lines.line)
      if (directive?.name === 'escape') {
        if (directive.value !== '`' && directive.value !== '\\') {
          throw new InstructionFault({
            code: 'BAD_ESCAPE_DIRECTIVE',
            message: `invalid escape token '${directive.value}' does not match \` or \\`,
            hint: 'Write `# escape=` followed by a backtick or a backslash and nothing else.',
          })
        }
        this.escape = directive.value
      }
      return directive !== undefined
    })
  }

  private instruction(first: string): void {
    const startLine = this.lines.line
    if (this.nodes.length >= this.limits.instructions) {
      throw limitError(`more than ${this.limits.instructions} instructions`, 'Split the Dockerfile.', { startLine, endLine: startLine })
    }
    const line = this.logicalLine(first)
    const range = (): LineRange => ({ startLine, endLine: this.lines.line })
    const node = this.located(range(), () => parseLine(line, this.escape, this.limits.nesting))
    const heads = canHaveHeredocs(node) && line.includes('<<') ? this.located(range(), () => findHeredocs(line)) : []
    const heredocs = heads.map((head) => this.heredoc(head, startLine))
    const { keyword, flags, args, json, original } = node
    this.nodes.push({ keyword, flags, args, json, original, startLine, endLine: this.lines.line, comments: this.comments, heredocs })
    this.comments = []
  }

  /** Joins continuation lines. Comments between them are dropped; so are blank ones, with a warning. */
  private logicalLine(first: string): string {
    let cut = continuationAt(first, this.escape)
    if (cut < 0) return first
    const parts = [first.slice(0, cut)]
    let blank = false
    while (cut >= 0 && this.lines.next()) {
      const line = this.lines.content()
      const start = skipSpace(line)
      if (line.charCodeAt(start) === 35) continue
      if (start === line.length) {
        blank = true
        continue
      }
      cut = continuationAt(line, this.escape)
      parts.push(cut < 0 ? line : line.slice(0, cut))
    }
    if (blank) {
      // The warning is at the last line of the instruction, not at the blank one.
      const line = this.lines.line
      this.warnings.push({ rule: 'NoEmptyContinuation', message: 'Empty continuation line', line, endLine: line })
    }
    return parts.join('')
  }

  private heredoc(head: HeredocHead, startLine: number): HeredocNode {
    const [from, first] = [this.lines.end, this.lines.line + 1]
    while (this.lines.next()) {
      const line = this.lines.content()
      if ((head.chomp ? line.replace(/^\t+/, '') : line) === head.name) {
        const data = this.text.slice(from, this.lines.start)
        const bytes = this.bytes.ofLines(first, this.lines.line, data)
        return { ...head, data, ...(bytes ? { bytes } : {}) }
      }
      if (this.lines.end - from > this.limits.heredocLength) {
        const range = { startLine, endLine: this.lines.line }
        throw limitError(`a heredoc is longer than ${this.limits.heredocLength} characters`, 'Copy the text from a file.', range)
      }
    }
    throw new DockerfileSyntaxError(
      {
        code: 'UNTERMINATED_HEREDOC',
        message: 'unterminated heredoc',
        hint: `Add a line with nothing but \`${head.name}\` (no blanks around it) behind the text.`,
      },
      'parse',
      [{ startLine, endLine: this.lines.line }],
    )
  }

  /** Gives faults of `work` their lines. */
  private located<T>(range: LineRange, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof InstructionFault) throw new DockerfileSyntaxError(error.fault, 'parse', [range])
      if (error instanceof WordError) {
        const { message, hint } = error
        throw new DockerfileSyntaxError(
          { code: error.code === 'EXPANSION_LIMIT' ? 'LIMIT_EXCEEDED' : 'BAD_WORD', message, hint },
          'parse',
          [range],
        )
      }
      throw error
    }
  }
}

function limitError(message: string, hint: string, range: LineRange): DockerfileSyntaxError {
  return new DockerfileSyntaxError({ code: 'LIMIT_EXCEEDED', message, hint }, 'parse', [range])
}

function canHaveHeredocs(node: SubNode): boolean {
  const inner = node.args[0]
  if (node.keyword.toLowerCase() === 'onbuild' && typeof inner === 'object') return isHeredocNode(inner)
  return isHeredocNode(node)
}

function isHeredocNode(node: SubNode): boolean {
  const keyword = node.keyword.toLowerCase()
  return !node.json && (keyword === 'run' || keyword === 'copy' || keyword === 'add')
}
