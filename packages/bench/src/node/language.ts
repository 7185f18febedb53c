import type { MeasureOptions } from '../measure.js'
import type { BenchReport } from '../report.js'
import { readCorpus } from './corpus.js'
import { benchLinear } from './linear.js'
import { benchParse } from './parse.js'
import { benchWalk } from './walk.js'

export interface LanguageBenchOptions extends MeasureOptions {
  /** Folders of `*.jsonl` files with Dockerfiles, of which the first that exists is taken. */
  readonly corpus: readonly string[]
  /** Files of the tree that is walked; 60,000 by default. */
  readonly files?: number
  /** Characters of the texts that are hard to read; 1 MiB by default. */
  readonly size?: number
}

/**
 * The language packages against what does a part of their work: `dockerfile-ast`, a bare walk, a copy of the file.
 * @throws CorpusNotFoundError, ResultsDifferError
 */
export async function benchLanguage({ corpus, files = 60_000, size = 1 << 20, ...options }: LanguageBenchOptions): Promise<BenchReport> {
  const dockerfiles = readCorpus(corpus)
  return {
    bench: 'language',
    runtime: `node ${process.version}`,
    rows: [await benchParse(dockerfiles, options), await benchWalk(files, options), ...(await benchLinear(size, options))],
  }
}
