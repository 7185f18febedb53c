import { type CheckOptions, checkOptionsFor, isRuleActive } from '../parse/check-options.js'
import type { LineRange, ParseWarning } from '../parse/types.js'
import type { ResolveWarning } from '../resolve/types.js'
import { type LintRule, lintRules } from './rules.js'

/** Takes findings, drops those that `# check=` switches off, and keeps the rest in order. */
export class LintReporter {
  private readonly options: CheckOptions
  private readonly found: ResolveWarning[]

  constructor(options: CheckOptions, found: ResolveWarning[] = []) {
    this.options = options
    this.found = found
  }

  /** A reporter into the same list, for an instruction with these comments above it. */
  under(comments: readonly string[]): LintReporter {
    const options = comments.length === 0 ? this.options : checkOptionsFor(this.options, comments)
    return options === this.options ? this : new LintReporter(options, this.found)
  }

  report<Args extends readonly string[]>(rule: LintRule<Args>, range: LineRange, ...args: Args): void {
    if (isRuleActive(this.options, rule.name, rule.experimental)) this.add(rule, range, rule.format(...args))
  }

  private add(
    { name, description, url }: Pick<LintRule, 'name' | 'description' | 'url'>,
    { startLine, endLine }: LineRange,
    message: string,
  ): void {
    this.found.push({ rule: name, message, description, url, startLine, endLine })
  }

  /** A finding of the parser, which has looked at the options already. */
  addParsed({ rule, message, line, endLine }: ParseWarning): void {
    const found = lintRules.get(rule)
    if (found) this.add(found, { startLine: line, endLine }, message)
  }

  get warnings(): readonly ResolveWarning[] {
    return this.found
  }

  /** With `error=true` in the file's options: the message of the failure that the findings are. */
  failure(): string | undefined {
    if (!this.options.error || this.found.length === 0) return undefined
    return `lint violation found for rules: ${[...new Set(this.found.map(({ rule }) => rule))].sort().join(', ')}`
  }
}
