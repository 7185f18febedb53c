import { type Dockerfile, DockerfileParser } from 'dockerfile-ast'

/**
 * Parses with dockerfile-ast, which asks for Node's `Buffer` in one place, to look for a byte order mark. Where there is none (a browser),
 * it is given what it needs for the time of this synchronous call, and nothing stays behind.
 */
export function parseAst(text: string): Dockerfile {
  const name = 'Buffer'
  if (name in globalThis) return DockerfileParser.parse(text)
  const encoder = new TextEncoder()
  Object.defineProperty(globalThis, name, { configurable: true, value: { from: (piece: string) => encoder.encode(piece) } })
  try {
    return DockerfileParser.parse(text)
  } finally {
    Reflect.deleteProperty(globalThis, name)
  }
}
