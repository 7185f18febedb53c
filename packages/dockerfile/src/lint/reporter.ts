import type { LineRange } from '../parse/types.js'
import type { ResolveWarning } from '../resolve/types.js'
import { type CheckOptions, checkOptionsOf, noCheckOptions } from './check-options.js'
import type { LintRule } from './rules.js'

const names = (set: ReadonlySet<string> | 'all', name: string) => set === 'all' || set.has(name)

/** Takes findings, drops those that are switched off, keeps the rest in order. */
export class LintReporter {
  private readonly options: CheckOptions
  /** Options of the comments above one instruction. */
  private readonly local: CheckOptions
  private readonly found: ResolveWarning[]

  constructor(options: CheckOptions, local: CheckOptions = noCheckOptions, found: ResolveWarning[] = []) {
    this.options = options
    this.local = local
    this.found = found
  }

  /** A reporter into the same list, for an instruction with these comments above it. */
  under(comments: readonly string[]): LintReporter {
    const local = comments.length === 0 ? undefined : checkOptionsOf(comments)
    return local === undefined ? this : new LintReporter(this.options, local, this.found)
  }

  report<Args extends readonly string[]>(rule: LintRule<Args>, range: LineRange, ...args: Args): void {
    if (this.runs(rule)) this.add(rule, range, rule.format(...args))
  }

  /** A finding whose message is made already (the parser's own). */
  reportAs(rule: Pick<LintRule, 'name' | 'description' | 'url' | 'experimental'>, range: LineRange, message: string): void {
    if (this.runs(rule)) this.add(rule, range, message)
  }

  /** Whether the options let this rule report. */
  runs({ name, experimental }: Pick<LintRule, 'name' | 'experimental'>): boolean {
    if (experimental) return names(this.options.experimental, name) || names(this.local.experimental, name)
    return !names(this.options.skip, name) && !names(this.local.skip, name)
  }

  get warnings(): readonly ResolveWarning[] {
    return this.found
  }

  /** With `error=true`: the message of the failure that the findings are. */
  failure(): string | undefined {
    if (!this.options.error || this.found.length === 0) return undefined
    return `lint violation found for rules: ${[...new Set(this.found.map(({ rule }) => rule))].sort().join(', ')}`
  }

  private add(rule: Pick<LintRule, 'name' | 'description' | 'url'>, { startLine, endLine }: LineRange, message: string): void {
    this.found.push({ rule: rule.name, message, description: rule.description, url: rule.url, startLine, endLine })
  }
}
