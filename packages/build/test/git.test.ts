import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { gitClient, gitContext } from '@layerwright/build/node'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { requireTool } from '../../../test/support/tools.js'
import { buildFiles, pathsOf, textOf } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-git-test-'))
const work = join(scratch, 'served', 'project.git')
let daemon: ChildProcess | undefined
let address: string
let first: string

const git = (...args: string[]) =>
  execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', ...args], {
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_DATE: '2020-01-02T03:04:05Z', GIT_AUTHOR_DATE: '2020-01-02T03:04:05Z' },
  }).trim()

const installed = requireTool('git')
beforeAll(async () => {
  if (!installed) return
  mkdirSync(join(work, 'app/lib'), { recursive: true })
  git('init', '--quiet', '-b', 'main')
  writeFileSync(join(work, 'Dockerfile'), 'FROM scratch\nCOPY . /src\n')
  writeFileSync(join(work, '.dockerignore'), 'ignored\n')
  writeFileSync(join(work, 'ignored'), '')
  writeFileSync(join(work, 'app/main.sh'), '#!/bin/sh\n')
  chmodSync(join(work, 'app/main.sh'), 0o775)
  writeFileSync(join(work, 'app/lib/dätä.txt'), 'one\n')
  writeFileSync(join(work, 'app/Dockerfile'), 'FROM scratch\nCOPY . /\n')
  symlinkSync('../../..', join(work, 'app/out'))
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  first = git('rev-parse', 'HEAD')
  git('tag', '-a', 'v1', '-m', 'one')
  writeFileSync(join(work, 'app/lib/dätä.txt'), 'two\n')
  git('commit', '--quiet', '-am', 'second')
  const port = await freePort()
  address = `git://127.0.0.1:${port}/project.git`
  daemon = spawn(
    'git',
    ['daemon', '--export-all', '--reuseaddr', '--listen=127.0.0.1', `--port=${port}`, `--base-path=${join(scratch, 'served')}`],
    {
      stdio: 'ignore',
      detached: true,
    },
  )
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      execFileSync('git', ['ls-remote', address], { stdio: 'ignore' })
      return
    } catch {
      await new Promise((again) => setTimeout(again, 50))
    }
  }
  throw new Error('git daemon did not start')
})

afterAll(() => {
  // The daemon is a child of the git that was started: both are in one group.
  if (daemon?.pid !== undefined) process.kill(-daemon.pid, 'SIGTERM')
  rmSync(scratch, { recursive: true, force: true })
})

describe.skipIf(!installed)('a commit as context', () => {
  it('has its files and Git’s modes, whatever lies in the work tree', async () => {
    writeFileSync(join(work, 'untracked'), '')
    const result = await build({ context: await gitContext(work, 'v1'), store: memoryStore() })
    expect(pathsOf(result)).toEqual([
      'src',
      'src/.dockerignore',
      'src/Dockerfile',
      'src/app',
      'src/app/Dockerfile',
      'src/app/lib',
      'src/app/lib/dätä.txt',
      'src/app/main.sh',
      'src/app/out',
    ])
    expect(await textOf(result, '/src/app/lib/dätä.txt')).toBe('one\n')
    const tree = layerSnapshot(result.image.unpacked)
    expect(lookup(tree, '/src/app/main.sh')?.mode).toBe(0o755)
    expect(lookup(tree, '/src/app/out', { follow: false })).toMatchObject({ type: 'symlink', target: '../../..' })
  })

  it('has the commit’s time where times are kept, and remembers digests between builds', async () => {
    const store = memoryStore()
    const result = await build({ context: await gitContext(work, 'v1'), store, timestamps: 'source' })
    expect(lookup(layerSnapshot(result.image.unpacked), '/src/app/main.sh')?.mtimeNs).toBe(
      BigInt(Date.parse('2020-01-02T03:04:05Z')) * 1_000_000n,
    )
    expect(await store.recordKeys('context-note')).toHaveLength(1)
    const again = await build({ context: await gitContext(work, first), store, timestamps: 'source' })
    expect(again.steps[0]?.outcome).toBe('cached')
  })

  it('may be a folder of it, which no link and no .. leaves (S27)', async () => {
    const result = await build({ context: await gitContext(work, 'main', 'app'), store: memoryStore() })
    expect(pathsOf(result)).toContain('lib/dätä.txt')
    expect(pathsOf(result)).not.toContain('ignored')
    const climbing = await build({ context: await gitContext(work, 'main', '../../app'), store: memoryStore() })
    expect(climbing.image.digest).toBe(result.image.digest)
    // The link points out of the repository; inside the tree that is its root.
    const linked = await build({ context: await gitContext(work, 'main', 'app/out'), store: memoryStore() })
    expect(pathsOf(linked)).toContain('src/app/main.sh')
  })

  it('must exist', async () => {
    await expect(gitContext(work, 'nothing')).rejects.toMatchObject({ code: 'GIT_FAILED' })
    await expect(gitContext(work, '--upload-pack=x')).rejects.toMatchObject({ code: 'GIT_FAILED' })
    await expect(gitContext(work, 'main', 'nowhere')).rejects.toMatchObject({ code: 'GIT_FAILED' })
  })
})

describe.skipIf(!installed)('ADD of a repository', () => {
  const add = (text: string, options: Parameters<typeof buildFiles>[1] = {}) =>
    buildFiles({ Dockerfile: `FROM scratch\nADD ${text}\n` }, { git: gitClient(), ...options })

  it('takes a branch, a tag or a commit, and a folder', async () => {
    expect(await textOf(await add(`${address} /r`), '/r/app/lib/dätä.txt')).toBe('two\n')
    expect(await textOf(await add(`${address}#v1 /r`), '/r/app/lib/dätä.txt')).toBe('one\n')
    expect(await textOf(await add(`${address}#${first}:app/lib /r`), '/r/dätä.txt')).toBe('one\n')
    expect(await textOf(await add(`${address}?ref=main&subdir=app /r`), '/r/main.sh')).toBe('#!/bin/sh\n')
    expect(await textOf(await add(`${address}#main:app/out /r`), '/r/app/main.sh')).toBe('#!/bin/sh\n')
  })

  it('is cached by its commit, and verifies --checksum', async () => {
    const store = memoryStore()
    await add(`${address}#v1 /r`, { store })
    expect((await add(`${address}#${first} /r`, { store })).steps[0]?.outcome).toBe('cached')
    await add(`--checksum=${first} ${address}#v1 /r`)
    await expect(add(`--checksum=${first} ${address}#main /r`)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' })
  })

  it('has .git only where that is asked for', async () => {
    expect(pathsOf(await add(`${address} /r`)).some((path) => path.includes('.git/'))).toBe(false)
    const kept = await add(`--keep-git-dir=true ${address} /r`)
    expect((await textOf(kept, '/r/.git/HEAD'))?.trim()).toBe(git('rev-parse', 'HEAD'))
  })

  it('fails with what git says, and without a client', async () => {
    await expect(add(`${address}#nothing /r`)).rejects.toMatchObject({ code: 'GIT_FAILED' })
    await expect(buildFiles({ Dockerfile: `FROM scratch\nADD ${address} /r\n` })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
