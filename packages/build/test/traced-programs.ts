/** What random programs of the two properties of traced builds are made of, simulated and real. */
import { type BuildResult, RunFailedError } from '@layerwright/build'
import fc from 'fast-check'

/** What lies below `m` is bound there. */
export const BOUND = ['m/a', 'm/b', 'm/d', 'm/d/a', 'm/l', 'm/l/a']
export const FILES = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e/a', 'l', 'l/a', 'x', 'd/x', ...BOUND]
export const NAMES = [...FILES, 'm', 'm/x']
export const name = fc.constantFrom(...NAMES)
export const names = fc.tuple(name, name)

/** Pieces of a program that change something by itself. */
export const CHANGES = [
  name.map((a) => `echo new > ${a}`),
  name.map((a) => `echo more >> ${a}`),
  name.map((a) => `mkdir -p ${a}`),
  name.map((a) => `rmdir ${a}`),
  name.map((a) => `rm -rf ${a}`),
  name.map((a) => `chmod 600 ${a}`),
  name.map((a) => `chmod g+w ${a}`),
  name.map((a) => `touch ${a}`),
]

/** Pieces that bring something from one place to another. */
export const MOVES = [
  names.map(([a, b]) => `cp -a ${a} ${b}`),
  names.map(([a, b]) => `cp -r ${a} ${b}`),
  names.map(([a, b]) => `mv ${a} ${b}`),
  names.map(([a, b]) => `ln ${a} ${b}`),
  names.map(([a, b]) => `ln -s ${a} ${b}`),
  names.map(([a, b]) => `ln -s /app/${a} ${b}`),
]

export interface Program {
  readonly lines: readonly string[]
  /** What stands above it. */
  readonly user: string
  /** Options of the bind mount at `m`. */
  readonly bind: string
}

/** @param piece a line */
export const programOf = (piece: fc.Arbitrary<string>): fc.Arbitrary<Program> =>
  fc.record({
    lines: fc.array(piece, { minLength: 1, maxLength: 5 }),
    user: fc.constantFrom('', 'USER 1000\n'),
    bind: fc.constantFrom('', ',rw'),
  })

export type Entry = { readonly content: string; readonly mode: number } | { readonly link: string }
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ content: fc.constantFrom('1\n', '2\n', '#!/bin/sh\ncat b\n'), mode: fc.constantFrom(0o644, 0o755, 0o600) }),
  },
  { weight: 1, arbitrary: name.map((link) => ({ link })) },
)

/** Entries that can all be there: a name below another one that is a file or a link is left out. */
export const compatible = (files: Readonly<Record<string, Entry>>): [path: string, entry: Entry][] =>
  Object.entries(files).filter(([path]) => !Object.keys(files).some((other) => path.startsWith(`${other}/`)))

/** The image, or how the program failed. @param words what of the message is compared: all of it, unless it tells a time that was measured */
export async function outcomeOf(
  building: Promise<BuildResult>,
  words = (message: string) => message,
): Promise<{ digest: string; result?: BuildResult }> {
  try {
    const result = await building
    return { digest: result.image.digest, result }
  } catch (error) {
    if (!(error instanceof RunFailedError)) throw error
    return { digest: words(error.message) }
  }
}
