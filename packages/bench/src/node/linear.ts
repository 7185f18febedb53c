import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DockerfileSyntaxError, formatDockerfile, parseDockerfile } from '@layerwright/dockerfile'
import { createMatcher, IgnoreFileError, parseIgnoreFile } from '@layerwright/dockerignore'
import { pathologicalDockerfiles, pathologicalIgnoreFiles } from '../language/pathological.js'
import { type MeasureOptions, measurePair, type Work } from '../measure.js'
import type { BenchRow } from '../report.js'
import { withFolder } from './tree.js'

/** Twice the text may take this many times as long: 2 would be exact, 4 the square. */
const GROWTH = 3

function quietly(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof DockerfileSyntaxError || error instanceof IgnoreFileError)) throw error
  }
}

const readDockerfile = (bytes: Uint8Array) => quietly(() => parseDockerfile(bytes))
const format = (bytes: Uint8Array) => quietly(() => formatDockerfile(new TextDecoder().decode(bytes)))

/** Texts made to be hard to read, whole and half: the time against a plain copy of the file, and how it grows. */
export function benchLinear(size: number, options: MeasureOptions): Promise<BenchRow[]> {
  return withFolder(async (folder) => {
    const rows: BenchRow[] = []
    const add = async (name: string, make: (size: number) => string, work: (bytes: Uint8Array) => void) => {
      const file = join(folder, 'text')
      writeFileSync(file, make(size))
      const copy: Work = () => copyFileSync(file, `${file}.copy`)
      const measured = await measurePair(() => work(readFileSync(file)), copy, { rounds: 5, warmUp: 1, ...options })
      const half = new TextEncoder().encode(make(size / 2))
      const whole = readFileSync(file)
      const { ratio } = await measurePair(
        () => work(whole),
        () => work(half),
        { rounds: 5, warmUp: 0, ...options },
      )
      const growth = `twice the text, ${ratio.toFixed(1)} times the time`
      rows.push({ name, against: 'a copy of the file', measured, detail: ratio > GROWTH ? `${growth} (more than ${GROWTH})` : growth })
    }
    for (const [name, make] of Object.entries(pathologicalDockerfiles)) await add(name, make, readDockerfile)
    await add('formatting: continuations', pathologicalDockerfiles.continuations!, format)
    await add('formatting: instructions', pathologicalDockerfiles.instructions!, format)
    for (const [name, make] of Object.entries(pathologicalIgnoreFiles)) {
      const { path } = make(size)
      await add(
        name,
        (length) => make(length).text,
        (bytes) => quietly(() => createMatcher(parseIgnoreFile(bytes).patterns).ignores(path)),
      )
    }
    return rows
  })
}
