import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { simulatedShell } from '@layerwright/executor/shell'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { walk } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, SHELL_BASE } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-determinism-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const DOCKERFILE = `${BASE_STAGE}FROM base
WORKDIR /app
COPY . .
RUN mkdir made && echo text > made/file && touch -d 2001-02-03T04:05:06Z made/old
`

function project(name: string): string {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'rootfs/bin'), { recursive: true })
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
  writeFileSync(join(folder, 'rootfs/bin/busybox'), '\x7fELF stub')
  chmodSync(join(folder, 'rootfs/bin/busybox'), 0o755)
  writeFileSync(join(folder, 'src/main.js'), 'console.log(1)\n')
  return folder
}

const digestOf = async (folder: string) =>
  (await build({ context: hostContext(folder), store: memoryStore(), executor: simulatedShell() })).image.digest

describe('the same inputs', () => {
  it('give the same digest in another folder, and after every file was made again at another time', async () => {
    const first = await digestOf(project('one'))
    const second = project('two')
    for (const path of ['Dockerfile', 'src/main.js', 'src']) utimesSync(join(second, path), 1_000_000_000, 1_000_000_000)
    expect(await digestOf(second)).toBe(first)
    cpSync(second, join(scratch, 'three'), { recursive: true })
    expect(await digestOf(join(scratch, 'three'))).toBe(first)
  })

  it('give the same digest with another umask, where modes are Git’s', async () => {
    const digest = async (folder: string) =>
      (await build({ context: hostContext(folder), store: memoryStore(), executor: simulatedShell(), modes: 'git' })).image.digest
    const first = project('umask-022')
    const second = project('umask-077')
    for (const path of ['.', 'src', 'rootfs', 'rootfs/bin', 'rootfs/bin/busybox']) chmodSync(join(second, path), 0o700)
    for (const path of ['Dockerfile', 'src/main.js']) chmodSync(join(second, path), 0o600)
    expect(await digest(second)).toBe(await digest(first))
    expect(await digestOf(second)).not.toBe(await digestOf(first))
  })

  it('give the same digest in another process', async () => {
    const folder = project('process')
    const program = `
      import { build } from '@layerwright/build'
      import { hostContext } from '@layerwright/build/node'
      import { simulatedShell } from '@layerwright/executor/shell'
      import { memoryStore } from '@layerwright/store'
      const { image } = await build({ context: hostContext(${JSON.stringify(folder)}), store: memoryStore(), executor: simulatedShell() })
      console.log(image.digest)`
    const run = (zone: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        cwd: join(import.meta.dirname, '../../..'),
        encoding: 'utf8',
        env: { ...process.env, TZ: zone, LANG: 'C' },
      }).trim()
    const first = await digestOf(folder)
    expect(run('Pacific/Auckland')).toBe(first)
  })

  it('give another digest when content, a name or a mode is another', async () => {
    const first = await digestOf(project('four'))
    const changed = project('five')
    chmodSync(join(changed, 'src/main.js'), 0o755)
    expect(await digestOf(changed)).not.toBe(first)
  })

  it('carry the date that is asked for, and the fixed one otherwise', async () => {
    const files = { ...SHELL_BASE, Dockerfile: DOCKERFILE }
    const fixed = await buildFiles(files)
    const dated = await buildFiles(files, { sourceDateEpoch: 1_600_000_000 })
    expect(fixed.image.config.created).toBe('1980-01-01T00:00:00Z')
    expect(dated.image.config.created).toBe('2020-09-13T12:26:40Z')
    const times = async ({ image }: typeof fixed) =>
      [...walk(layerSnapshot(image.unpacked))]
        .filter(({ path }) => path.includes('made/'))
        .map(({ inode }) => Number(inode.mtimeNs / 1_000_000_000n))
    expect(await times(fixed)).toEqual([315_532_800, 981_173_106])
    expect(await times(dated)).toEqual([1_600_000_000, 981_173_106])
  })
})
