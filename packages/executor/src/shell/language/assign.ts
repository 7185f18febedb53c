import { expandText, expandWord } from './expand.js'
import { subscript } from './parameter.js'
import { traceWord } from './quote.js'
import type { Shell } from './shell.js'
import type { Assignment, WordNode, WordPart } from './syntax.js'

/** `name=(…)` as an argument of `declare` and its kin. */
export interface ArrayArgument {
  readonly name: string
  readonly append: boolean
  readonly elements: readonly WordNode[]
}

const word = (parts: WordPart[]): WordNode => ({ type: 'Word', parts })

/** Performs an assignment; gives its text for `set -x`. */
export async function assign(shell: Shell, node: Assignment): Promise<string> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[([\s\S]*)\])?$/.exec(node.name)
  const name = match?.[1] ?? node.name
  const index = match?.[2]
  if (node.array) {
    await assignArray(shell, name, node.array, node.append)
    return `${name}${node.append ? '+' : ''}=(${shell.env.elements(name).map(traceWord).join(' ')})`
  }
  const text = node.value ? await expandText(shell, node.value) : ''
  if (index !== undefined) {
    const key = await subscript(shell, name, index)
    shell.env.setElement(name, key, node.append ? (shell.env.element(name, key) ?? '') + text : text)
  } else if (node.append) {
    const old = shell.env.get(name) ?? ''
    const integer = shell.env.find(shell.env.resolve(name))?.integer
    shell.assign(name, integer ? `${old || 0}+(${text})` : old + text)
  } else shell.assign(name, text)
  return `${node.name}${node.append ? '+' : ''}=${traceWord(text)}`
}

/** Sets the elements of an array: `a b`, `[3]=x`, `[key]=y`. */
export async function assignArray(shell: Shell, name: string, elements: readonly WordNode[], append: boolean): Promise<void> {
  // All words first: `a=("${a[@]}" x)` reads the array that it replaces.
  const words: { readonly keyed: ReturnType<typeof keyedElement>; readonly texts: string[] }[] = []
  for (const element of elements) {
    const keyed = keyedElement(element)
    words.push({ keyed, texts: keyed ? [await expandText(shell, word(keyed.value))] : await expandWord(shell, element) })
  }
  const variable = shell.env.writable(name)
  if (!append) {
    if (variable.map) variable.map = new Map()
    else variable.value = new Map()
  } else if (!variable.map && typeof variable.value !== 'object') {
    variable.value = new Map(variable.value === undefined ? [] : [[0, variable.value]])
  }
  let next = typeof variable.value === 'object' ? Math.max(-1, ...variable.value.keys()) + 1 : 0
  for (const { keyed, texts } of words) {
    if (keyed) {
      const keyText = await expandText(shell, word(keyed.key))
      const key = variable.map ? keyText : Number(shell.arithmetic(keyText))
      shell.env.setElement(name, key, texts[0]!)
      if (!variable.map) next = Number(key) + 1
    } else if (variable.map) {
      // `m=(k v k v)`
      for (let at = 0; at < texts.length; at += 2) variable.map.set(texts[at]!, texts[at + 1] ?? '')
    } else for (const text of texts) shell.env.setElement(name, next++, text)
  }
}

/** Splits `[key]=value`. */
function keyedElement(element: WordNode): { key: WordPart[]; value: WordPart[] } | undefined {
  const [first] = element.parts
  const opening = first?.type === 'Glob' ? first.pattern : first?.type === 'Literal' ? first.value : ''
  if (!opening.startsWith('[')) return undefined
  const key: WordPart[] = []
  for (let at = 0; at < element.parts.length; at++) {
    const part = element.parts[at]!
    const plain = part.type === 'Glob' ? part.pattern : part.type === 'Literal' ? part.value : undefined
    if (plain === undefined) {
      key.push(part)
      continue
    }
    const text = at === 0 ? plain.slice(1) : plain
    const close = text.indexOf(']')
    if (close === -1) {
      key.push({ type: 'Literal', value: text })
      continue
    }
    let rest = element.parts.slice(at + 1)
    let after = text.slice(close + 1)
    if (after === '') {
      const next = rest[0]
      if (next?.type !== 'Literal') return undefined
      after = next.value
      rest = rest.slice(1)
    }
    if (!after.startsWith('=')) return undefined
    key.push({ type: 'Literal', value: text.slice(0, close) })
    return { key, value: [{ type: 'Literal', value: after.slice(1) }, ...rest] }
  }
  return undefined
}

/** Reads `name=(a "b c" [k]=v)`, which the parser leaves as one word, into its elements. */
export function arrayArgument(node: WordNode): ArrayArgument | undefined {
  const first = node.parts[0]
  const last = node.parts[node.parts.length - 1]
  if (first?.type !== 'Literal' || last?.type !== 'Literal' || !last.value.endsWith(')')) return undefined
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=\(/.exec(first.value)
  if (!match) return undefined
  const parts: WordPart[] = [...node.parts]
  parts[0] = { type: 'Literal', value: first.value.slice(match[0].length) }
  const end = parts[parts.length - 1] as { type: 'Literal'; value: string }
  parts[parts.length - 1] = { type: 'Literal', value: end.value.slice(0, -1) }
  const elements: WordNode[] = []
  let current: WordPart[] = []
  const finish = () => {
    if (current.length > 0) elements.push(word(current))
    current = []
  }
  for (const part of parts) {
    if (part.type !== 'Literal') {
      current.push(part)
      continue
    }
    part.value.split(/[ \t\n]+/).forEach((piece, at) => {
      if (at > 0) finish()
      if (piece !== '') current.push({ type: 'Literal', value: piece })
    })
  }
  finish()
  return { name: match[1]!, append: match[2] === '+', elements }
}
