import { memoryContext } from '@layerwright/build'

const DOCKERFILE = `FROM scratch AS deps
WORKDIR /app
COPY package.json lock /app/
RUN ["install"]
FROM deps AS build
COPY src /app/src/
RUN ["compile"]
FROM scratch
COPY --from=deps /app/modules /app/modules
COPY --from=build /app/out /app/out
COPY config /app/config
`
const SOURCES = 30

/** Numbers that look random and are the same for the same seed (xorshift). */
function* noise(seed: number): Generator<number> {
  let state = seed * 2654435761 + 1
  for (;;) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield state >>> 0
  }
}

/** Text of about so many bytes, which compresses as code does. */
export function textOf(seed: number, bytes: number): string {
  const words: string[] = []
  let length = 0
  for (const number of noise(seed)) {
    const word = (number % 4096).toString(36)
    words.push(word)
    length += word.length + 1
    if (length >= bytes) break
  }
  return words.join(' ')
}

/**
 * The files of a project at a commit, from 0. Its history is what histories are like: most commits change one source file, every fourth only a document that the build does
 * not take, every fifth the configuration too, every twentieth the dependencies.
 */
function filesAt(commit: number): Record<string, string> {
  const files: Record<string, string> = {
    Dockerfile: DOCKERFILE,
    '.dockerignore': 'docs\n',
    'package.json': '{ "name": "app" }\n',
    lock: `modules ${Math.floor(commit / 20)}\n`,
    config: `config ${Math.floor(commit / 5)}\n`,
    'docs/CHANGES': `commit ${commit}\n`,
  }
  const changed = new Map<number, number>()
  for (let i = 1; i <= commit; i++) if (i % 4 !== 0) changed.set((i * 7) % SOURCES, i)
  for (let i = 0; i < SOURCES; i++) files[`src/module-${i}.ts`] = textOf(i * 1000 + (changed.get(i) ?? 0), 8000)
  return files
}

export const contextAt = (commit: number) => memoryContext(filesAt(commit))
