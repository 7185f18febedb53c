import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeLayer } from '@layerwright/layer'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { type MeasureOptions, measureCosts } from '../measure.js'
import type { BenchRow } from '../report.js'
import { withFolder } from './tree.js'
import { ToolFailedError } from './vfs-errors.js'

/** Files of 100 to 10,000 bytes, 25 in a directory. Gives their bytes. */
function makeFiles(root: string, count: number): number {
  const text = Buffer.alloc(10_000, 'The quick brown fox jumps over the lazy dog. 0123456789\n')
  let bytes = 0
  for (let i = 0; i < count; i++) {
    const folder = join(root, `d${Math.floor(i / 500)}`, `e${Math.floor(i / 25)}`)
    if (i % 25 === 0) mkdirSync(folder, { recursive: true })
    const size = 100 + ((i * 7919) % 9900)
    writeFileSync(join(folder, `file-${i}.txt`), text.subarray(0, size))
    bytes += size
  }
  return bytes
}

/** Processor time of this process, in milliseconds. */
export const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Reads the folder and writes it as a layer, with its diffID; gives the processor time. */
async function packOurs(folder: string, file: string, digests: boolean): Promise<number> {
  const start = cpu()
  const fd = openSync(file, 'w')
  try {
    const tree = readHostTree(folder, { times: { mtimeNs: 0n } })
    await writeLayer(upperChanges(emptySnapshot(), tree), (bytes) => void writeSync(fd, bytes), { digests })
  } finally {
    closeSync(fd)
  }
  return cpu() - start
}

/** `tar c` to a file; gives the processor time that the shell counts for it. */
function packTar(folder: string, file: string): number {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', 'tar -cf "$1" -C "$2" . && times', 'sh', file, folder], { encoding: 'utf8' })
  // The second line is about children: minutes and seconds of user and system.
  const times = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  if (status !== 0 || times.length !== 2) throw new ToolFailedError('tar', stderr)
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0)
}

/** @throws ToolFailedError where there is no tar */
export function benchPack(files: number, options: MeasureOptions): Promise<BenchRow[]> {
  return withFolder(async (root) => {
    const folder = join(root, 'tree')
    mkdirSync(folder)
    const bytes = makeFiles(folder, files)
    const [ours, other] = [join(root, 'ours.tar'), join(root, 'other.tar')]
    const measure = (digests: boolean) =>
      measureCosts(
        () => packOurs(folder, ours, digests),
        () => packTar(folder, other),
        options,
      )
    const against = 'tar c to a file'
    const plain = await measure(false)
    const detail = `processor time; ${files} files, ${bytes} bytes, a layer of ${statSync(ours).size} with its diffID`
    return [
      { name: 'pack a folder', against, measured: plain, goal: 2, detail },
      {
        name: 'pack a folder and hash each file',
        against,
        measured: await measure(true),
        detail: 'the same, with the sha256 of every file in the index',
      },
    ]
  })
}
