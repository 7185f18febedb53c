import { type CheckOptions, checkOptionsFor, isRuleActive } from '../parse/check-options.js'
import type { DockerfileNode, ParseWarning } from '../parse/types.js'
import { textArguments } from './request.js'
import type { ArgInstruction, Stage } from './types.js'

/**
 * The findings that belong to reading an instruction, not to its meaning. The other lint rules are elsewhere.
 * `# check=` in the comments above an instruction changes the options for it alone.
 */
export class WarningCollector {
  readonly warnings: ParseWarning[]
  private readonly options: CheckOptions

  constructor(options: CheckOptions, before: readonly ParseWarning[]) {
    this.options = options
    this.warnings = before.filter((warning) => isRuleActive(options, warning.rule))
  }

  /** Before an instruction is read: these are reported even if it turns out to be faulty. */
  beforeReading(node: DockerfileNode, keyword: string): void {
    if (keyword === 'maintainer') this.add(node, 'MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label')
    if (keyword === 'from') this.fromCasing(node)
  }

  /** The comment right above a stage or ARG should describe it by name. */
  afterReading(node: DockerfileNode, read: ArgInstruction | Stage): void {
    const keys = 'args' in read ? read.args.map((arg) => arg.key) : read.name === '' ? [] : [read.name]
    const comment = node.comments.at(-1)
    if (comment === undefined || keys.length === 0 || keys.includes(comment.split(' ')[0]!)) return
    const example = keys.length > 1 ? '<arg_key>' : keys[0]
    const message = `Comment for ${'args' in read ? 'ARG' : 'FROM'} should follow the format: \`# ${example} <description>\``
    this.add(node, 'InvalidDefinitionDescription', message, true)
  }

  private fromCasing(node: DockerfileNode): void {
    const args = textArguments(node)
    const stage = args[2]
    if (args.length === 3 && stage !== undefined && stage !== stage.toLowerCase()) {
      this.add(node, 'StageNameCasing', `Stage name '${stage}' should be lowercase`)
    }
    const as = args[1]
    if (args.length < 3 || as === undefined) return
    const lower = node.keyword === node.keyword.toLowerCase()
    // A FROM of mixed case is a matter for another rule.
    if (!lower && node.keyword !== node.keyword.toUpperCase()) return
    if (as === (lower ? as.toLowerCase() : as.toUpperCase())) return
    this.add(node, 'FromAsCasing', `'${as}' and '${node.keyword}' keywords' casing do not match`)
  }

  private add(node: DockerfileNode, rule: string, message: string, experimental = false): void {
    if (!isRuleActive(checkOptionsFor(this.options, node.comments), rule, experimental)) return
    this.warnings.push({ rule, message, line: node.startLine, endLine: node.endLine })
  }
}
