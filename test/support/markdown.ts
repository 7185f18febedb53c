/** Fenced blocks of a Markdown file, so that documents can be run. */
import { readFileSync } from 'node:fs'

export interface Block {
  /** The word behind the fence: `ts`, `sh`. */
  readonly language: string
  /** What follows it on the line. */
  readonly info: string
  readonly code: string
  /** 1-based, of the opening fence. */
  readonly line: number
}

export function blocksOf(file: string): Block[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^```(\w+)[ \t]*(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    info: match[2]!,
    code: match[3]!,
    line: text.slice(0, match.index).split('\n').length,
  }))
}
