/** Images made of images, between registries, the store, layouts and archives, by the command line. */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { memoryRegistry, type ServedRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { cli, commandLine, scratchFolder, writeFiles } from './support.js'

const run = promisify(execFile)
const scratch = scratchFolder()
const registry = memoryRegistry({ host: '127.0.0.1' })
const context = join(scratch, 'context')
const terminal = requireTool('script')
let served: ServedRegistry
let host = ''
const layerwright = (...args: string[]) => commandLine(join(scratch, 'store'), scratch)(args, { DOCKER_CONFIG: join(scratch, 'docker') })
const output = async (...args: string[]) => {
  const { status, stdout, stderr } = await layerwright(...args)
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}
const json = async (...args: string[]) => JSON.parse(await output(...args))

beforeAll(async () => {
  served = await serveRegistry(registry)
  host = served.host
  mkdirSync(context)
  writeFiles(context, { Dockerfile: 'FROM scratch\nCOPY a.txt /a\nCOPY a.txt /b\nENV A=1\n', 'a.txt': 'hello\n' })
  await output('build', '-q', '-t', 'app:1', '--platform', 'linux/amd64,linux/arm64', context)
  await run('tar', ['-C', context, '-cf', join(scratch, 'layer.tar'), 'a.txt'])
})
afterAll(() => served.close())

describe('an image of several platforms', () => {
  it('goes to a registry as an index, built there, pushed there, or copied there', async () => {
    const direct = `${host}/direct:1`
    await output(
      'build',
      '-q',
      '--platform',
      'linux/amd64,linux/arm64',
      '--annotation',
      'index:a=b',
      '-o',
      `type=registry,name=${direct}`,
      context,
    )
    const index = await json('manifest', 'inspect', direct)
    expect(index.manifests.map(({ platform }: { platform: { architecture: string } }) => platform.architecture)).toEqual(['amd64', 'arm64'])
    expect(index.annotations).toEqual({ a: 'b' })
    await output('push', '-q', 'app:1', `${host}/pushed:1`)
    expect((await json('manifest', 'inspect', `${host}/pushed:1`)).manifests).toEqual(index.manifests)
    await output('copy', 'store:app:1', 'oci:layout:v1')
    await output('copy', '-q', 'oci:layout:v1', `${host}/copied:1`)
    expect((await json('manifest', 'inspect', `${host}/copied:1`)).manifests).toHaveLength(2)
    for (const place of ['oci:layout', `${host}/copied:1`, 'store:app:1'])
      expect(await output('validate', '-q', place)).toBe(`valid: ${place}`)
    expect(await json('config', '--platform', 'linux/arm64', 'store:app:1')).toMatchObject({ architecture: 'arm64' })
  })

  it('is refused where there is no name, before anything is built', async () => {
    const { stderr, status } = await layerwright('build', '--push', context)
    expect(status).toBe(1)
    expect(stderr).toContain('no name to push to')
  })

  it('is compressed as it is told to', async () => {
    const types = async (...flags: string[]) => {
      await output('push', '-q', ...flags, 'app:1', `${host}/packed:1`)
      const [first] = (await json('manifest', 'inspect', `${host}/packed:1`)).manifests
      const { layers } = await json('manifest', 'inspect', `${host}/packed@${first.digest}`)
      return layers.map(({ mediaType }: { mediaType: string }) => mediaType.replace(/^.*\./, ''))
    }
    expect(await types('--compression', 'zstd', '--level', '7')).toEqual(['tar+zstd', 'tar+zstd'])
    expect(await types('--compression', 'none')).toEqual(['tar', 'tar'])
    expect(await types()).toEqual(['tar+gzip', 'tar+gzip'])
    expect((await layerwright('push', '--level', '0', 'app:1', `${host}/x`)).stderr).toContain('[USAGE]')
    expect((await layerwright('push', '--level', '12', 'app:1', `${host}/x`)).stderr).toContain('[COMPRESSION_UNUSABLE]')
  })
})

describe('an image', () => {
  it('gets a layer, becomes one layer, moves to another base, and says other things, wherever it lies', async () => {
    await output('append', 'store:app:1', '-f', 'layer.tar', '-t', 'oci-archive:more.tar:v2')
    expect((await json('config', 'oci-archive:more.tar:v2')).history.at(-1)).toEqual({ created_by: 'append layer.tar' })
    await output('flatten', 'oci-archive:more.tar', '-t', `${host}/flat:1`, '-q')
    expect((await json('config', '-q', `${host}/flat:1`)).rootfs.diff_ids).toHaveLength(1)
    await output('rebase', 'oci-archive:more.tar', '--old-base', 'store:app:1', '--new-base', `${host}/flat:1`, '-t', 'store:rebased', '-q')
    expect((await json('config', 'store:rebased')).rootfs.diff_ids).toHaveLength(2)
    const edits = [
      '-c',
      'ENV B=2',
      '-c',
      'CMD ["b"]',
      '-a',
      'k=v',
      '--author',
      'me',
      '--set-platform',
      'linux/riscv64',
      '--time',
      '2020-01-01',
    ]
    await output('mutate', '-q', `${host}/flat:1`, ...edits, '-t', 'docker-archive:mutated.tar:mutated:1')
    const config = await json('config', 'docker-archive:mutated.tar')
    expect(config).toMatchObject({ architecture: 'riscv64', author: 'me', created: '2020-01-01T00:00:00Z', config: { Cmd: ['b'] } })
    expect(config.config.Env).toEqual(expect.arrayContaining(['A=1', 'B=2']))
    await output('export', 'docker-archive:mutated.tar', '-o', 'tree.tar')
    const { stdout } = await run('tar', ['--full-time', '-tvf', join(scratch, 'tree.tar')])
    expect(stdout.match(/2020-01-01/g)).toHaveLength(3)
    for (const place of ['oci-archive:more.tar', `${host}/flat:1`, 'store:rebased', 'docker-archive:mutated.tar'])
      expect(await output('validate', '-q', place)).toBe(`valid: ${place}`)
  })

  it('that is damaged is told all its faults', async () => {
    await output('copy', 'store:app:1', 'oci:damaged')
    writeFileSync(join(scratch, 'damaged/index.json'), '{"schemaVersion":1,"manifests":[{"size":-1}]}')
    const { status, stdout } = await layerwright('validate', 'oci:damaged')
    expect(status).toBe(1)
    for (const code of [
      'SCHEMA_VERSION index',
      'DESCRIPTOR_SIZE manifest 0',
      'DESCRIPTOR_DIGEST manifest 0',
      'DESCRIPTOR_MEDIA_TYPE manifest 0',
    ])
      expect(stdout).toContain(code)
  })

  it('is not found where it is not, and what is no place is told', async () => {
    const codes = async (...args: string[]) => (await layerwright(...args)).stderr
    expect(await codes('config', 'store:nothing')).toContain('[NO_SUCH_IMAGE]')
    expect(await codes('config', 'oci:nowhere')).toContain('[FILE_MISSING]')
    expect(await codes('copy', 'oci:', 'store:x')).toContain('[USAGE]')
    expect(await codes('mutate', 'store:app:1', '--time', 'soon', '-t', 'store:x')).toContain('[USAGE]')
    expect(await codes('append', 'store:app:1', '-t', 'store:x')).toContain('[USAGE]')
    expect(
      await codes('rebase', 'store:app:1', '--old-base', 'oci-archive:more.tar', '--new-base', 'store:app:1', '-t', 'store:x'),
    ).toContain('[REBASE_MISMATCH]')
  })
})

describe.skipIf(!terminal)('login on a terminal', () => {
  it('asks for what it was not told, and shows no password', async () => {
    const auth = { kind: 'basic', username: 'me', password: 'of-the-tests' } as const
    const guarded = await serveRegistry(memoryRegistry({ host: '127.0.0.1', auth }))
    try {
      const environment = { ...process.env, DOCKER_CONFIG: join(scratch, 'asked'), NO_COLOR: '1' }
      const child = spawn(terminal!, ['-qec', `${process.execPath} ${cli} login ${guarded.host}`, '/dev/null'], { env: environment })
      let shown = ''
      const answers = new Map([
        ['Username: ', 'me\n'],
        ['Password: ', 'of-the-tests\n'],
      ])
      child.stdout.on('data', (chunk) => {
        shown += chunk
        for (const [question, answer] of answers) {
          if (!shown.includes(question)) continue
          answers.delete(question)
          child.stdin.write(answer)
        }
      })
      const status = await new Promise((resolve) => child.once('close', resolve))
      expect(shown).toContain(`Login succeeded: ${guarded.host}`)
      expect(shown).not.toContain('of-the-tests')
      expect(status).toBe(0)
    } finally {
      await guarded.close()
    }
  })
})
