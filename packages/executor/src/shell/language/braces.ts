import type { Part, WordPart } from './syntax.js'

type Item = Part<'BraceExpansion'>['items'][number]

const hasBraces = (parts: readonly WordPart[]): boolean => parts.some((part) => part.type === 'BraceExpansion')

/** The words that brace expansion makes of one, before anything else is expanded. */
export function braceWords(parts: readonly WordPart[]): (readonly WordPart[])[] {
  if (!hasBraces(parts)) return [parts]
  let words: (readonly WordPart[])[] = [[]]
  for (const part of parts) {
    const choices = part.type === 'BraceExpansion' ? part.items.flatMap(itemWords) : [[part]]
    words = words.flatMap((word) => choices.map((choice) => [...word, ...choice]))
  }
  return words
}

function itemWords(item: Item): (readonly WordPart[])[] {
  if (item.type === 'Word') return braceWords(item.word.parts)
  return range(item).map((value) => [{ type: 'Literal', value }])
}

function range(item: Extract<Item, { type: 'Range' }>): string[] {
  const start = item.startStr ?? String(item.start)
  const end = item.endStr ?? String(item.end)
  const step = Math.abs(item.step ?? 1) || 1
  const numeric = /^-?[0-9]+$/.test(start) && /^-?[0-9]+$/.test(end)
  const from = numeric ? Number(start) : start.charCodeAt(0)
  const to = numeric ? Number(end) : end.charCodeAt(0)
  const padded = /^-?0[0-9]/.test(start) || /^-?0[0-9]/.test(end)
  const width = padded ? Math.max(start.length, end.length) : 0
  const show = (value: number) => {
    if (!numeric) return String.fromCharCode(value)
    return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0')
  }
  const values: string[] = []
  if (from <= to) for (let value = from; value <= to; value += step) values.push(show(value))
  else for (let value = from; value >= to; value -= step) values.push(show(value))
  return values
}

/** `{a,b}` as the text that it is to a shell without brace expansion. */
export function plainBraces(parts: readonly WordPart[]): readonly WordPart[] {
  if (!hasBraces(parts)) return parts
  return parts.flatMap((part): WordPart[] => {
    if (part.type !== 'BraceExpansion') return [part]
    const inner = part.items.map((item): readonly WordPart[] => {
      if (item.type === 'Word') return plainBraces(item.word.parts)
      const step = item.step === undefined ? '' : `..${item.step}`
      return [{ type: 'Literal', value: `${item.startStr ?? item.start}..${item.endStr ?? item.end}${step}` }]
    })
    const text = (value: string): WordPart => ({ type: 'Literal', value })
    return [text('{'), ...inner.flatMap((each, at) => (at === 0 ? each : [text(','), ...each])), text('}')]
  })
}
