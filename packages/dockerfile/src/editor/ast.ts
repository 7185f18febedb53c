import { type Dockerfile, DockerfileParser } from 'dockerfile-ast'

/**
 * Parses with dockerfile-ast, mended in two places:
 * - It asks for Node's `Buffer`, to look for a byte order mark. Where there is none (a browser), it is given what it needs for the time of this
 *   synchronous call, and nothing stays behind.
 * - Looking a variable up never comes back for a line outside all stages. Listing the variables of an instruction does look each up, so that is
 *   switched off; what a variable is, our own scopes know.
 */
export function parseAst(text: string): Dockerfile {
  const ast = withBuffer(() => DockerfileParser.parse(text))
  ast.resolveVariable = () => undefined
  return ast
}

function withBuffer<T>(work: () => T): T {
  const name = 'Buffer'
  if (name in globalThis) return work()
  const encoder = new TextEncoder()
  Object.defineProperty(globalThis, name, { configurable: true, value: { from: (piece: string) => encoder.encode(piece) } })
  try {
    return work()
  } finally {
    Reflect.deleteProperty(globalThis, name)
  }
}
