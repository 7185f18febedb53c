// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/**
 * S41: a Dockerfile of 1 MiB, made to be hard to read in one way, is read or refused in time that grows with its size and not faster.
 * What is counted is how often the code looks at a character or a piece of text, not a clock.
 */
import { pathologicalDockerfiles } from '@layerwright/bench'
import {
  DockerfileSyntaxError,
  defaultLimits,
  expandWord,
  expandWords,
  openDocument,
  parseDockerfile,
  printDocument,
  WordError,
} from '@layerwright/dockerfile'
import { describe, expect, it } from 'vitest'

const MIB = 1 << 20

const COUNTED = ['charCodeAt', 'codePointAt', 'indexOf', 'slice', 'startsWith'] as const

/** How often `work` looks at texts. */
function operations(work: () => void): number {
  let count = 0
  const originals = COUNTED.map((name) => [name, Object.getOwnPropertyDescriptor(String.prototype, name)!] as const)
  for (const [name, descriptor] of originals) {
    const original: (...args: unknown[]) => unknown = descriptor.value
    const counting = function (this: string, ...args: unknown[]) {
      count++
      return original.apply(this, args)
    }
    Object.defineProperty(String.prototype, name, { ...descriptor, value: counting })
  }
  try {
    work()
  } finally {
    for (const [name, descriptor] of originals) Object.defineProperty(String.prototype, name, descriptor)
  }
  return count
}

/** Runs `work`; only a typed error may come out. */
function outcome(work: () => void): string {
  try {
    work()
    return 'read'
  } catch (error) {
    if (error instanceof DockerfileSyntaxError || error instanceof WordError) return error.code
    throw error
  }
}

describe.each(Object.entries(pathologicalDockerfiles))('S41 %s', (_, make) => {
  it('are read or refused with a typed error at 1 MiB, and the document prints as written', () => {
    const text = make(MIB)
    outcome(() => parseDockerfile(text))
    outcome(() => expect(printDocument(openDocument(text)) === text).toBe(true))
  })

  it('take work in proportion to their size', () => {
    const [small, large] = [MIB / 16, MIB / 8].map((size) => {
      const text = make(size)
      return operations(() => outcome(() => parseDockerfile(text)))
    }) as [number, number]
    // Twice the text; four times the work would be the square. What is between is the rounding to whole lines.
    expect(large).toBeLessThan(small * 3.2 + 1000)
  })
})

describe('S41 words', () => {
  const value = 'ab'.repeat(20_000)
  const lookup = (name: string) => (name === 'x' ? value : undefined)

  it.each([
    '${x##*a*a*a*a*a*a*a*a*a*a*c}',
    '${x%%*a*a*a*a*a*a*a*a*a*a*c}',
    '${x//*a*a*a*a*a*a*a*a*c/}',
    '${x//?*?*?*?*?*c/y}',
    `\${x#${'*'.repeat(50_000)}c}`,
    `\${x#${'?'.repeat(50_000)}}`,
    `\${x//a/${'$y'.repeat(10_000)}}`,
    '${x//b/$x}',
    `\${x//a/\${x//a/$x}}`,
  ])('%s is expanded or refused', (word) => {
    expect(['read', 'EXPANSION_LIMIT']).toContain(outcome(() => expandWord(word, lookup)))
  })

  it('nested too deep or growing too long are refused', () => {
    const deep = '${a:-'.repeat(5000) + '}'.repeat(5000)
    expect(outcome(() => expandWord(deep, lookup))).toBe('EXPANSION_LIMIT')
    expect(outcome(() => expandWords(`\${x//a/\${x//a/$x}}`, lookup))).toBe('EXPANSION_LIMIT')
    expect(outcome(() => expandWord('${a:-${a:-x}}', lookup, { limits: { nesting: 2 } }))).toBe('EXPANSION_LIMIT')
  })
})

describe('S41 limits', () => {
  const small = (limits: Partial<typeof defaultLimits>, text: string) => outcome(() => parseDockerfile(text, { limits }))

  it('bound the file, its lines, instructions and here-documents', () => {
    expect(small({ fileBytes: 10 }, 'FROM scratch\n')).toBe('LIMIT_EXCEEDED')
    expect(outcome(() => parseDockerfile(new Uint8Array(defaultLimits.fileBytes + 1)))).toBe('LIMIT_EXCEEDED')
    expect(small({ lineBytes: 10 }, 'FROM scratch\n')).toBe('LINE_TOO_LONG')
    expect(small({ instructions: 1 }, 'FROM a\nRUN b\n')).toBe('LIMIT_EXCEEDED')
    expect(small({ heredocLength: 5 }, 'FROM a\nRUN <<E\n123456\n1\nE\n')).toBe('LIMIT_EXCEEDED')
    expect(small({ nesting: 2 }, 'FROM a\nONBUILD ONBUILD ONBUILD RUN x\n')).toBe('LIMIT_EXCEEDED')
  })
})
