/** Which modules a TypeScript file names: static and dynamic imports, re-exports, and types named by `import('…')`. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Import {
  readonly specifier: string
  /** Gone after compilation. */
  readonly typeOnly: boolean
  /** 1-based. */
  readonly line: number
}

// `from '…'` closes an import or an export that may span lines; `import '…'` and `import('…')` stand alone.
const FROM = /(?:^|[\n;])\s*(import|export)\s(type\s)?(?:[^'"`;]*?\sfrom\s*)?['"]([^'"\n]+)['"]/g
const CALL = /\bimport\s*\(\s*['"]([^'"\n]+)['"]\s*\)(\s*\.\s*[A-Z])?/g

/**
 * Blanks comments, keeping lines and columns. Strings and templates are kept, so that a `//` in one is none. A `/` starts a regular
 * expression where no value stands before it.
 */
export function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:[!&|?{;\n]\s*|\breturn\s+)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g
  return text.replace(token, (found) => (found[0] === '/' && (found[1] === '*' || found[1] === '/') ? found.replace(/[^\n]/g, ' ') : found))
}

export function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(file, 'utf8'))
  const lineAt = (index: number) => text.slice(0, index).split('\n').length
  const found: Import[] = []
  for (const match of text.matchAll(FROM)) {
    found.push({ specifier: match[3]!, typeOnly: match[2] !== undefined, line: lineAt(match.index + match[0].length) })
  }
  for (const match of text.matchAll(CALL)) {
    found.push({ specifier: match[1]!, typeOnly: match[2] !== undefined, line: lineAt(match.index) })
  }
  return found
}

/** The source file that a relative import names (`./x.js` is written `x.ts`). */
export const relativeTarget = (file: string, specifier: string) => join(dirname(file), specifier).replace(/\.js$/, '.ts')
