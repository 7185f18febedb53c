import type { ByteSet, Place, RegExpNode } from './nodes.js'

const word = '[A-Za-z0-9_]'
const placeSources: Readonly<Record<Place, string>> = {
  lineStart: '^',
  lineEnd: '$',
  textStart: '(?<![\\s\\S])',
  textEnd: '(?![\\s\\S])',
  boundary: '\\b',
  inside: '\\B',
  wordStart: `\\b(?=${word})`,
  wordEnd: `\\b(?<=${word})`,
  afterNoWord: `(?<!${word})`,
  beforeNoWord: `(?!${word})`,
}

/** The source of a regular expression of JavaScript, over byte strings. */
export function javascriptSource(node: RegExpNode): string {
  switch (node.type) {
    case 'set':
      return setSource(node.set)
    case 'place':
      return placeSources[node.place]
    case 'group':
      return `${node.capture ? '(' : '(?:'}${javascriptSource(node.body)})`
    case 'either':
      return node.options.map(javascriptSource).join('|')
    case 'sequence':
      return node.parts.map((part) => (part.type === 'either' ? `(?:${javascriptSource(part)})` : javascriptSource(part))).join('')
    case 'repeat': {
      const body = javascriptSource(node.body)
      const plain = node.body.type === 'set' || node.body.type === 'group'
      const { min, max } = node
      const sign =
        max === Infinity
          ? min === 0
            ? '*'
            : min === 1
              ? '+'
              : `{${min},}`
          : min === 0 && max === 1
            ? '?'
            : min === max
              ? `{${min}}`
              : `{${min},${max}}`
      return `${plain ? body : `(?:${body})`}${sign}`
    }
    case 'back':
      return `(?:\\${node.group})`
  }
}

function byteSource(byte: number): string {
  const char = String.fromCharCode(byte)
  return /[A-Za-z0-9 _,:;"'<>=@#%&!~`]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`
}

function setSource(set: ByteSet): string {
  const ranges: string[] = []
  let members = 0
  for (let byte = 0; byte < 256; byte++) {
    if (!set[byte]) continue
    const from = byte
    while (byte < 255 && set[byte + 1]) byte++
    members += byte - from + 1
    ranges.push(from === byte ? byteSource(from) : `${byteSource(from)}-${byteSource(byte)}`)
  }
  if (members === 256) return '[\\s\\S]'
  if (members === 1) return ranges[0]!
  return `[${ranges.join('')}]`
}
