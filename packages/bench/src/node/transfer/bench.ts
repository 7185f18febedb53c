import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureCosts } from '../../measure.js'
import type { BenchReport, BenchRow } from '../../report.js'
import { ResultsDifferError } from '../errors.js'
import { type BenchRegistry, cpuOf, ours, output, program, startEngine, startRegistry, theirs } from './programs.js'

export interface TransferBenchOptions {
  /** 1 for the sizes that the goals are for: a layer of 180 MB in 30,000 files, and one of 1 GiB in one file. */
  readonly scale?: number
  /** Where the files are made; a tmpfs if there is one, so that no disk is measured. */
  readonly dir?: string
  /** Measured rounds of each comparison; default 3. */
  readonly rounds?: number
  /** Whether a Docker engine and buildah are measured, which takes a minute more; default true. */
  readonly engines?: boolean
}

interface Place {
  readonly dir: string
  readonly scale: number
  readonly rounds: number
}

/**
 * What leaves and enters: layers compressed for the way beside `pigz` and the engines, pushes and pulls beside `skopeo copy` over Docker's own registry on loopback, and
 * the peak memory of our side. What is not installed is left out. Ours is measured from the opening of its store on, others as whole processes.
 * @throws WorkloadFailedError, ResultsDifferError
 */
export async function benchTransfer({
  scale = 1,
  dir: parent,
  rounds = 3,
  engines = true,
}: TransferBenchOptions = {}): Promise<BenchReport> {
  const dir = mkdtempSync(join(parent ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()), 'layerwright-bench-'))
  const rows: BenchRow[] = []
  try {
    const files = { dir: join(dir, 'files'), scale, rounds }
    const blob = { dir: join(dir, 'blob'), scale, rounds }
    const binary = program('docker-registry')
    const registry = binary === undefined ? undefined : await startRegistry(binary, dir)
    try {
      ours('prepare', files.dir, 'no-run', String(scale))
      rows.push(...(await exportRows(files)))
      if (registry) rows.push(...(await fileRows(files, registry)), ...(engines ? await engineRows(files, registry) : []))
      rmSync(files.dir, { recursive: true })
      registry?.clear()
      ours('prepare', blob.dir, 'big-blob', String(scale))
      if (registry) rows.push(...(await blobRows(blob, registry)))
    } finally {
      await registry?.stop()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return { bench: 'transfer', runtime: `node ${process.version}`, rows }
}

const bytesIn = (folder: string): number => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
const constant = (value: number) => ({ medianMs: value, bestMs: value })

/** A copy of the prepared store, in which no layer was compressed yet. */
function withoutForms(dir: string): string {
  const place = join(dir, 'fresh')
  rmSync(join(place, 'store'), { recursive: true, force: true })
  cpSync(join(dir, 'store'), join(place, 'store'), { recursive: true })
  return place
}

/** The gzip of the layers, made and found again, and its size. */
async function exportRows({ dir, rounds }: Place): Promise<BenchRow[]> {
  const out = join(dir, 'gzip.tar')
  const layers = readdirSync(join(dir, 'raw/blobs/sha256')).map((name) => join(dir, 'raw/blobs/sha256', name))
  const first = () => ours('exportGzip', withoutForms(dir), out).cpuMs
  const rows: BenchRow[] = []
  const options = { rounds, warmUp: 0 }
  if (program('pigz')) {
    const pigz = () => layers.reduce((sum, layer) => sum + theirs(['sh', '-c', 'pigz -6 -c "$1" > "$1.gz"', 'sh', layer]).cpuMs, 0)
    rows.push({ name: 'gzip export, cpu', against: 'pigz -6', measured: await measureCosts(first, pigz, options) })
    const layout = join(dir, 'gzip')
    ours('exportLayout', join(dir, 'fresh'), layout)
    const [mine, other] = [bytesIn(join(layout, 'blobs/sha256')), layers.reduce((sum, layer) => sum + statSync(`${layer}.gz`).size, 0)]
    rows.push({
      name: 'gzip export, size (kB)',
      against: 'pigz -6',
      measured: { ours: constant(mine / 1000), other: constant(other / 1000), ratio: mine / other },
      goal: 1.02,
      detail: `of ${megabytes(layers.reduce((sum, layer) => sum + statSync(layer).size, 0))}`,
    })
    for (const layer of layers) rmSync(`${layer}.gz`)
  }
  const second = await measureCosts(() => ours('exportGzip', join(dir, 'fresh'), out).cpuMs, first, options)
  rows.push({ name: 'second gzip export, cpu', against: 'the first', measured: second, goal: 0.1 })
  return rows
}

/** Images of many files, to and from a registry. */
async function fileRows({ dir, rounds }: Place, registry: BenchRegistry): Promise<BenchRow[]> {
  const skopeo = program('skopeo')
  if (!skopeo) return []
  const copy = (...args: string[]) =>
    theirs([skopeo, 'copy', '-q', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', ...args]).ms
  const name = `${registry.host}/bench/files:1`
  const layout = join(dir, 'gzip')
  if (!existsSync(layout)) ours('exportLayout', join(dir, 'fresh'), layout)
  const options = { rounds, warmUp: 1 }
  const clean = (work: () => number) => () => {
    registry.clear()
    return work()
  }
  const push = await measureCosts(
    clean(() => ours('push', join(dir, 'fresh'), name).ms),
    clean(() => copy(`oci:${layout}:bench`, `docker://${name}`)),
    options,
  )
  const out = join(dir, 'out')
  const into = (target: string) => () => {
    rmSync(out, { recursive: true, force: true })
    return copy(`docker://${name}`, target)
  }
  const pulled = () => ours('pull', dir, name)
  const storage = `[vfs@${out}+${out}-run]`
  // Only root can own the files of others, and remove what it has unpacked.
  const pull =
    process.getuid?.() === 0 ? await measureCosts(() => pulled().ms, into(`containers-storage:${storage}bench`), options) : undefined
  const bytes = await measureCosts(() => pulled().ms, into(`oci:${out}:bench`), options)
  return [
    { name: 'push, gzip at hand', against: 'skopeo copy oci:', measured: push, goal: 1, detail: 'wall; 30,000 files' },
    ...(pull
      ? [
          {
            name: 'pull, ready to use',
            against: 'skopeo copy to containers-storage',
            measured: pull,
            goal: 1,
            detail: 'wall; unpacked on both sides',
          },
        ]
      : []),
    { name: 'pull, ready to use', against: 'skopeo copy to oci:', measured: bytes, detail: 'wall; theirs unpacks nothing' },
  ]
}

/** What the engines take for the same compression, on their way to a registry or a layout. */
async function engineRows({ dir, rounds }: Place, registry: BenchRegistry): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const options = { rounds, warmUp: 0 }
  const first = () => {
    const place = withoutForms(dir)
    registry.clear()
    return ours('push', place, `${registry.host}/bench/first:1`).cpuMs
  }
  const engine = await startEngine(dir)
  try {
    if (engine) {
      const name = `${registry.host}/bench/engine:1`
      const pushed = () => {
        // an engine that remembers having pushed a layer does not compress it again
        engine.docker('image', 'prune', '-af')
        engine.docker('load', '-q', '-i', join(dir, 'docker.tar'))
        engine.docker('tag', 'bench', name)
        registry.clear()
        const before = cpuOf(engine.pid)
        engine.docker('push', '-q', name)
        return cpuOf(engine.pid) - before
      }
      rows.push({
        name: 'gzip export to a registry, cpu',
        against: 'docker push',
        measured: await measureCosts(first, pushed, options),
        goal: 0.55,
      })
    }
  } finally {
    await engine?.stop()
  }
  const buildah = program('buildah')
  if (buildah && process.getuid?.() === 0) {
    const storage = ['--root', join(dir, 'buildah'), '--runroot', join(dir, 'buildah-run'), '--storage-driver', 'vfs']
    const id = output([buildah, ...storage, 'pull', '-q', `docker-archive:${join(dir, 'docker.tar')}`])
    const out = join(dir, 'buildah-out')
    const pushed = () => {
      rmSync(out, { recursive: true, force: true })
      return theirs([buildah, ...storage, 'push', '-q', id, `oci:${out}:bench`]).cpuMs
    }
    rows.push({
      name: 'gzip export to a registry, cpu',
      against: 'buildah push oci:',
      measured: await measureCosts(first, pushed, options),
    })
  }
  return rows
}

/** A layer of one large file, as it is: time and memory must not depend on what is in it. */
async function blobRows({ dir, rounds }: Place, registry: BenchRegistry): Promise<BenchRow[]> {
  const name = `${registry.host}/bench/blob:1`
  const peaks = { push: 0, pull: 0, export: 0 }
  const own = (what: 'push' | 'pull', ...args: string[]) => {
    const cost = ours(what, dir, name, ...args)
    peaks[what] = Math.max(peaks[what], cost.peakMiB)
    return cost.ms
  }
  const rows: BenchRow[] = []
  const skopeo = program('skopeo')
  const options = { rounds, warmUp: 1 }
  // otherwise it compresses what is not: other work than ours
  const copy = (...args: string[]) =>
    theirs([skopeo!, 'copy', '-q', '--preserve-digests', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', ...args])
      .ms
  const push = () => {
    registry.clear()
    return own('push', 'none')
  }
  if (skopeo) {
    const theirPush = () => {
      registry.clear()
      return copy(`oci:${join(dir, 'raw')}:bench`, `docker://${name}`)
    }
    rows.push({
      name: 'push of 1 GiB',
      against: 'skopeo copy oci:',
      measured: await measureCosts(push, theirPush, options),
      goal: 1,
      detail: 'wall',
    })
    const out = join(dir, 'out')
    const theirPull = () => {
      rmSync(out, { recursive: true, force: true })
      return copy(`docker://${name}`, `oci:${out}:bench`)
    }
    rows.push({
      name: 'pull of 1 GiB',
      against: 'skopeo copy to oci:',
      measured: await measureCosts(() => own('pull'), theirPull, options),
      goal: 1,
      detail: 'wall',
    })
    rmSync(out, { recursive: true, force: true })
  } else {
    push()
    own('pull')
  }
  rmSync(join(dir, 'pulled'), { recursive: true, force: true })
  peaks.export = ours('exportGzip', dir, join(dir, 'gzip.tar')).peakMiB
  const empty = ours('nothing', dir).peakMiB
  for (const [what, peak] of Object.entries(peaks)) {
    if (!(peak > 0)) throw new ResultsDifferError(`the peak memory of ${what} is not known`)
    const measured = { ours: constant(peak), other: constant(empty), ratio: peak / empty }
    rows.push({ name: `memory of ${what} of 1 GiB`, against: 'a process that does nothing', measured, limit: 150, unit: 'MiB' })
  }
  return rows
}
