// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/** `unit` over and over, in lines that are continued before they get too long. */
function continued(unit: string, size: number): string {
  const perLine = Math.max(1, Math.floor(60_000 / unit.length))
  const lines: string[] = []
  for (let left = Math.ceil(size / unit.length); left > 0; left -= perLine) lines.push(unit.repeat(Math.min(perLine, left)))
  return lines.join(' \\\n')
}

const repeated = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length))

/** Texts of about `size` characters, each made to be hard to read in one way. */
export const pathologicalDockerfiles: Readonly<Record<string, (size: number) => string>> = {
  comments: (size) => `${repeated('#a\n', size)}FROM a\n`,
  continuations: (size) => `FROM a\nRUN ${repeated('a \\\n', size)}b\n`,
  'blank continuation lines': (size) => `FROM a\nRUN a \\\n${repeated('\n', size)}b\n`,
  'a here-document': (size) => `FROM a\nRUN <<EOF\n${repeated('EO\n', size)}EOF\n`,
  'a here-document without an end': (size) => `FROM a\nRUN <<EOF\n${repeated('EO\n', size)}`,
  'heads of here-documents': (size) => `FROM a\nRUN ${continued('<<A ', size)}\nA\n`,
  'dollar signs': (size) => `FROM a\nRUN <<A ${continued('$', size)}\nA\n`,
  'nested substitutions': (size) => `FROM a\nRUN <<A ${continued('${a:-', size)}\nA\n`,
  quotes: (size) => `FROM a\nRUN <<A ${continued('"a" ', size)}\nA\n`,
  'an open quote': (size) => `FROM a\nRUN <<A "${continued('a', size)}\nRUN b\n`,
  'pairs of ENV': (size) => `FROM a\nENV ${continued('a=b ', size)}\n`,
  'arguments with descriptions': (size) => `${repeated("#'a b\n", size / 2)}ARG ${continued("'a c' ", size / 2)}\nFROM a\n`,
  'JSON of many elements': (size) => `FROM a\nRUN [${continued('"a",', size)}"b"]\n`,
  'nested JSON': (size) => `FROM a\nRUN ${continued('[', size / 2)} \\\n${continued(']', size / 2)}\n`,
  flags: (size) => `FROM a\nRUN ${continued('--mount=type=x ', size)} x\n`,
  'nested ONBUILD': (size) => `FROM a\n${continued('ONBUILD ', size)}RUN x\n`,
  'blanks at the end': (size) => `FROM a\nRUN x${continued(' ', size)}\n`,
  'carriage returns': (size) => `FROM a\nRUN x${continued('\r', size)}y\n`,
  'a long keyword': (size) => `FROM a\n${continued('R', size)}\n`,
  'a long flag': (size) => `FROM a\nRUN --${continued('m', size)} x\n`,
  instructions: (size) => `FROM a\n${repeated('RUN\n', size)}`,
  stages: (size) => repeated('FROM a AS b\n', size),
  'a duration': (size) => `FROM a\nHEALTHCHECK --interval=${repeated('1h', Math.min(size, 60_000))} CMD x\n`,
  'a size': (size) => `FROM a\nRUN --mount=type=tmpfs,size=${repeated('1', Math.min(size, 60_000))}x y\n`,
}

/** Ignore files of about `size` characters, and the path to ask for. */
export const pathologicalIgnoreFiles: Readonly<Record<string, (size: number) => { readonly text: string; readonly path: string }>> = {
  'ignore patterns of stars': (size) => ({ text: repeated('*a*b*c\n', size), path: 'a'.repeat(200) }),
  'ignore patterns of double stars': (size) => ({ text: repeated('**/a/**/b/**/c\n', size), path: 'a/b/'.repeat(50) }),
  'one ignore pattern of stars': (size) => ({ text: 'a*'.repeat(Math.min(size, 40_000) / 2), path: 'a'.repeat(4_000) }),
}
