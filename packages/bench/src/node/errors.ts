/** There is nothing to measure with. */
export class CorpusNotFoundError extends Error {
  override readonly name = 'CorpusNotFoundError'
  readonly code = 'CORPUS_NOT_FOUND'
  readonly hint = 'run it at the root of the repository, or name a folder of *.jsonl files with --corpus'
  constructor(places: readonly string[]) {
    super(`no Dockerfiles in ${places.join(' or ')}`)
  }
}

/** Two ways to the same answer gave different ones: a time would say nothing. */
export class ResultsDifferError extends Error {
  override readonly name = 'ResultsDifferError'
  readonly code = 'RESULTS_DIFFER'
  readonly hint = 'this is a fault of the library: please report it'
  constructor(what: string) {
    super(`results differ: ${what}`)
  }
}

/** A workload's own process ended with an error. */
export class WorkloadFailedError extends Error {
  override readonly name = 'WorkloadFailedError'
  readonly code = 'WORKLOAD_FAILED'
  readonly hint = 'see whether there is room for it: the largest needs 5 GB in the folder that --dir names'
  constructor(what: string, stderr: string) {
    super(`${what} failed: ${stderr.trim().split('\n').slice(-5).join(' ')}`)
  }
}

/** A bench has no such part. */
export class UnknownPartError extends Error {
  override readonly name = 'UnknownPartError'
  readonly code = 'BENCH_PART_UNKNOWN'
  readonly hint: string
  constructor(part: string, parts: readonly string[]) {
    super(`there is no part "${part}"`)
    this.hint = `take one of ${parts.join(', ')}`
  }
}

/** There is no real sandbox to measure. */
export class SandboxMissingError extends Error {
  override readonly name = 'SandboxMissingError'
  readonly code = 'SANDBOX_MISSING'
  readonly hint = 'run it on Linux with busybox (static) and runc, crun or bubblewrap'
  constructor(missing: readonly string[]) {
    super(`no real sandbox here: ${missing.join('; ')}`)
  }
}
