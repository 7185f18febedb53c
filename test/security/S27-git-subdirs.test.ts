/** S27 (GHSA-4vrq-3vrq-g6gg): the folder of `#ref:subdir` resolves in the repository's tree; neither a link nor `..` leaves it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { gitContext } from '@layerwright/build/node'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { walk } from '@layerwright/vfs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { requireTool } from '../support/tools.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-s27-'))
const repo = join(scratch, 'repo')
const git = (...args: string[]) =>
  execFileSync('git', ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'pipe' })

const installed = requireTool('git')
beforeAll(() => {
  if (!installed) return
  mkdirSync(join(repo, 'app'), { recursive: true })
  writeFileSync(join(scratch, 'secret'), 'of the host')
  writeFileSync(join(repo, 'Dockerfile'), 'FROM scratch\nCOPY . /\n')
  writeFileSync(join(repo, 'app/Dockerfile'), 'FROM scratch\nCOPY . /\n')
  symlinkSync('../..', join(repo, 'app/up'))
  symlinkSync(scratch, join(repo, 'app/absolute'))
  symlinkSync('../../../secret', join(repo, 'app/file'))
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '-m', 'one')
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const namesIn = async (subdir: string) => {
  const { image } = await build({ context: await gitContext(repo, 'HEAD', subdir), store: memoryStore() })
  return [...walk(layerSnapshot(image.unpacked))].map(({ path }) => path)
}

it.skipIf(!installed)('a linked folder is the repository’s root at most', async () => {
  expect(await namesIn('app/up')).toContain('app/Dockerfile')
  expect(await namesIn('../../app')).toContain('up')
  await expect(gitContext(repo, 'HEAD', 'app/absolute')).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

it.skipIf(!installed)('a linked file is not the host’s', async () => {
  const { image } = await build({
    context: await gitContext(repo, 'HEAD', 'app'),
    store: memoryStore(),
    dockerfileText: 'FROM scratch\nCOPY --exclude=file . /\n',
  })
  expect([...walk(layerSnapshot(image.unpacked))].map(({ path }) => path)).toContain('Dockerfile')
  await expect(
    build({ context: await gitContext(repo, 'HEAD', 'app'), store: memoryStore(), dockerfileText: 'FROM scratch\nCOPY file /\n' }),
  ).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' })
})
