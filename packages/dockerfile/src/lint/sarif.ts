import type { LintResult } from './lint.js'
import { lintRules } from './rules.js'

/** A file and what the rules found in it. */
export interface LintedFile {
  /** Path relative to the root of the repository, `/` between its parts. */
  readonly path: string
  readonly result: LintResult
}

interface SarifText {
  readonly text: string
}

export interface SarifRule {
  readonly id: string
  readonly shortDescription?: SarifText
  readonly helpUri?: string
}

export interface SarifResult {
  readonly ruleId: string
  /** Into the driver's `rules`. */
  readonly ruleIndex: number
  readonly level: 'warning' | 'error'
  readonly message: SarifText
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId: '%SRCROOT%' }
      readonly region?: { readonly startLine: number; readonly endLine: number }
    }
  }[]
}

/** The part of SARIF 2.1.0 (OASIS) that findings need: what code hosts read to show them beside the lines. */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly informationUri: string; readonly rules: readonly SarifRule[] } }
    readonly columnKind: 'utf16CodeUnits'
    readonly results: readonly SarifResult[]
  }[]
}

/**
 * Findings as SARIF. Warnings have the level `warning`; what keeps a Dockerfile from being built is a result of level `error` whose rule is its
 * code. Only rules that found something are listed.
 */
export function toSarif(files: readonly LintedFile[]): SarifLog {
  const ruleNumbers = new Map<string, number>()
  const rules: SarifRule[] = []
  const numberOf = (id: string): number => {
    const known = ruleNumbers.get(id)
    if (known !== undefined) return known
    const rule = lintRules.get(id)
    rules.push(rule ? { id, shortDescription: { text: rule.description }, helpUri: rule.url } : { id })
    ruleNumbers.set(id, rules.length - 1)
    return rules.length - 1
  }
  const results = files.flatMap(({ path, result }) => {
    const uri = path.split('/').map(encodeURIComponent).join('/')
    const place = (region?: { startLine: number; endLine: number }) => ({
      physicalLocation: { artifactLocation: { uri, uriBaseId: '%SRCROOT%' as const }, ...(region ? { region } : {}) },
    })
    const found: SarifResult[] = result.warnings.map(({ rule, message, startLine, endLine }) => ({
      ruleId: rule,
      ruleIndex: numberOf(rule),
      level: 'warning',
      message: { text: message },
      locations: [place({ startLine, endLine })],
    }))
    const { error } = result
    if (error) {
      const regions = error.locations.length > 0 ? error.locations.slice(0, 1) : [undefined]
      found.push({
        ruleId: error.code,
        ruleIndex: numberOf(error.code),
        level: 'error',
        message: { text: `${error.message}. ${error.hint}` },
        locations: regions.map((region) => place(region && { startLine: region.startLine, endLine: region.endLine })),
      })
    }
    return found
  })
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Layerwright', informationUri: 'https://github.com/layerwright/layerwright', rules } },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  }
}
