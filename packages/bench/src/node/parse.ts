import {
  type BaseImage,
  DockerfileSyntaxError,
  openDockerfile,
  type Platform,
  ResolveError,
  resolveDockerfile,
} from '@layerwright/dockerfile'
import { DockerfileParser } from 'dockerfile-ast'
import { type MeasureOptions, measurePair } from '../measure.js'
import type { BenchRow } from '../report.js'
import type { Corpus } from './corpus.js'

/** Some base image, at once: loading images is not what is measured. */
const base = async (reference: string, { os, architecture }: Platform): Promise<BaseImage> => ({
  id: reference,
  config: {
    architecture,
    os,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [reference] },
  },
})

/** Text to everything a build needs to know: nodes, typed instructions, stages, words, image configs. False where it is refused. */
async function resolves(text: string): Promise<boolean> {
  try {
    await resolveDockerfile(openDockerfile(text), { base })
    return true
  } catch (error) {
    if (error instanceof DockerfileSyntaxError || error instanceof ResolveError) return false
    throw error
  }
}

/** Parse and resolve against `dockerfile-ast`, which only parses. */
export async function benchParse({ label, texts }: Corpus, options: MeasureOptions): Promise<BenchRow> {
  let resolved = 0
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  const measured = await measurePair(
    async () => {
      resolved = 0
      for (const text of texts) if (await resolves(text)) resolved++
    },
    () => {
      for (const text of texts) DockerfileParser.parse(text)
    },
    { warmUp: 10, ...options },
  )
  return {
    name: 'parse and resolve',
    against: 'dockerfile-ast, which parses only',
    measured,
    goal: 1.5,
    detail: `${label}, ${characters} characters, ${resolved} resolve`,
  }
}
