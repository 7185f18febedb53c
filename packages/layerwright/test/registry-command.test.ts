/** The commands that talk to registries, against one in this process. */
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { memoryRegistry, type ServedRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { commandLine, repository, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const auth = { kind: 'basic', username: 'me', password: 'of-the-tests' } as const
const registry = memoryRegistry({ host: '127.0.0.1', auth })
const context = join(scratch, 'context')
const docker = { DOCKER_CONFIG: join(scratch, 'docker') }
const layerwright = (args: readonly string[], store = 'store') => commandLine(join(scratch, store))(args, docker)
let served: ServedRegistry
let host = ''

beforeAll(async () => {
  served = await serveRegistry(registry)
  host = served.host
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'FROM scratch\nCOPY a.txt /\nCMD ["/a"]\n',
    'a.txt': 'hello\n',
    'simulated.Dockerfile': `FROM example-base\nRUN echo made > /made\n`,
    'child.Dockerfile': `FROM ${host}/team/app:1\nCOPY a.txt /b.txt\n`,
  })
})
afterAll(() => served.close())

describe('registries', () => {
  it('are logged in to when the password is right, and only then is it kept, for its owner alone', async () => {
    const wrong = await commandLine(join(scratch, 'store'))(['login', host, '-u', 'me', '-p', 'wrong'], docker)
    expect(wrong.stderr).toContain('[UNAUTHORIZED]')
    expect(wrong.status).toBe(1)
    const right = await layerwright(['login', host, '-u', 'me', '-p', auth.password])
    expect(right.stdout).toContain(`Login succeeded: ${host}`)
    const file = join(scratch, 'docker/config.json')
    expect(JSON.parse(readFileSync(file, 'utf8')).auths[host].auth).toBe(Buffer.from(`me:${auth.password}`).toString('base64'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await layerwright(['login', host, '-u', 'me', '--password-stdin'])).stderr).toContain('[USAGE]')
  })

  it('get what was built, and give it to another store', async () => {
    expect((await layerwright(['build', '-t', `${host}/team/app:1`, context])).status).toBe(0)
    const pushed = await layerwright(['push', `${host}/team/app:1`])
    expect(pushed.stderr).toContain('uploaded')
    expect(pushed.stdout).toBe(`${registry.repository('team/app').tags.get('1')}\n`)
    const pulled = await layerwright(['pull', '-q', `${host}/team/app:1`], 'other')
    expect(pulled.stderr).toBe('')
    expect(pulled.stdout).toBe(pushed.stdout)
    const [there] = JSON.parse((await layerwright(['inspect', `${host}/team/app:1`], 'other')).stdout)
    const [here] = JSON.parse((await layerwright(['inspect', `${host}/team/app:1`])).stdout)
    expect(there).toEqual(here)
  })

  it('have the base images that the store lacks', async () => {
    const { status, stderr } = await layerwright(['build', '-f', 'child.Dockerfile', '-t', 'child', context], 'third')
    expect(stderr).toContain('downloaded')
    expect(status).toBe(0)
    const before = registry.requests.length
    expect((await layerwright(['build', '-f', 'child.Dockerfile', context], 'third')).status).toBe(0)
    expect(registry.requests.length).toBe(before)
    expect((await layerwright(['build', '--pull', '-f', 'child.Dockerfile', context], 'third')).status).toBe(0)
    expect(registry.requests.length).toBeGreaterThan(before)
    writeFiles(context, { 'digest.Dockerfile': `FROM ${host}/team/app@${registry.repository('team/app').tags.get('1')}\nCOPY a.txt /c\n` })
    for (const place of ['fourth', 'fourth'])
      expect((await layerwright(['build', '-f', 'digest.Dockerfile', context], place)).status).toBe(0)
    const absent = await layerwright(['build', '--build-arg', 'X=1', '-f', 'absent.Dockerfile', context], 'fourth')
    expect(absent.stderr).toContain('DOCKERFILE_NOT_FOUND')
  })

  it('get no simulated image unless it is said that they may', async () => {
    const name = `${host}/team/simulated:1`
    // the simulated shell wants an image with stubs of programs
    expect((await layerwright(['build', '-t', 'example-base', join(repository, 'examples/base')])).status).toBe(0)
    expect((await layerwright(['build', '--executor', 'shell', '-f', 'simulated.Dockerfile', '-t', name, context])).status).toBe(0)
    const refused = await layerwright(['push', name])
    expect(refused.stderr).toContain('[IMAGE_SIMULATED]')
    expect(refused.stderr).toContain('echo made')
    expect(refused.status).toBe(1)
    expect(registry.repositories.get('team/simulated')).toBeUndefined()
    expect((await layerwright(['push', '--allow-simulated', '--format', 'docker', name])).status).toBe(0)
  })

  it('are looked into by small commands', async () => {
    const name = `${host}/team/app:1`
    const digest = registry.repository('team/app').tags.get('1')
    expect((await layerwright(['digest', name])).stdout).toBe(`${digest}\n`)
    expect(JSON.parse((await layerwright(['manifest', 'inspect', name])).stdout).layers).toHaveLength(1)
    expect(JSON.parse((await layerwright(['config', name])).stdout).config.Cmd).toEqual(['/a'])
    expect((await layerwright(['copy', '-q', name, `${host}/other/app:2`])).stdout).toBe(`${digest}\n`)
    expect((await layerwright(['ls', `${host}/other/app`])).stdout).toBe('2\n')
    expect((await layerwright(['validate', name])).stdout).toBe(`valid: ${name}\n`)
    expect((await layerwright(['catalog', host])).stdout.split('\n')).toContain('other/app')
    expect((await layerwright(['delete', `${host}/other/app@${digest}`])).status).toBe(0)
    expect((await layerwright(['digest', `${host}/other/app:2`])).stderr).toContain('[NOT_FOUND]')
    const [layer] = [...registry.repository('team/app').blobs.keys()]
    registry.repository('team/app').blobs.set(layer!, new Uint8Array(registry.repository('team/app').blobs.get(layer!)!.length))
    expect((await layerwright(['validate', name])).status).toBe(1)
    const missing = await layerwright(['digest', `${host}/team/app:nope`])
    expect(missing.stderr).toContain('[NOT_FOUND]')
  })

  it('that are down are told of once for each try, whatever waits for them', { timeout: 60_000 }, async () => {
    writeFiles(scratch, {
      'layers/Dockerfile': `FROM scratch\n${[1, 2, 3, 4, 5, 6].map((i) => `COPY a /${i}\n`).join('')}`,
      'layers/a': 'a',
    })
    expect((await layerwright(['build', '-q', '-t', 'layers', join(scratch, 'layers')], 'down')).status).toBe(0)
    // Nobody gets that port by chance: it is one of root's.
    const dead = '127.0.0.1:9'
    const { status, stderr } = await layerwright(['push', 'layers', `${dead}/app`], 'down')
    expect(status).toBe(1)
    expect(stderr.match(/^RETRY .*$/gm)!.map((line) => line.replace(/\d+\.\d/, 'N'))).toEqual(
      Array.from({ length: 4 }, () => `RETRY in Ns: ${dead}: no connection (ECONNREFUSED)`),
    )
    expect(stderr).toContain('[REGISTRY_UNREACHABLE]')
  })

  it('keep all platforms of an index, and give them on', async () => {
    const name = `${host}/team/many:1`
    const platforms = ['linux/amd64', 'linux/arm64']
    const build = ['build', '-q', '--platform', platforms.join(','), '--push', '-t', name, context]
    expect((await layerwright(build, 'many')).status).toBe(0)
    const index = registry.repository('team/many').tags.get('1')
    for (const all of [['--platform', 'all'], ['--all-platforms']])
      expect((await layerwright(['pull', '-q', ...all, name], 'platforms')).stdout).toBe(`${index}\n`)
    expect((await layerwright(['push', '-q', name, `${host}/team/again:1`], 'platforms')).status).toBe(0)
    const platformsOf = async (reference: string) =>
      JSON.parse((await layerwright(['manifest', 'inspect', reference])).stdout).manifests.map(
        ({ platform }: { platform: { os: string; architecture: string } }) => `${platform.os}/${platform.architecture}`,
      )
    expect(await platformsOf(`${host}/team/again:1`)).toEqual(expect.arrayContaining(platforms))
    const layout = join(scratch, 'layout')
    expect((await layerwright(['copy', '-q', `store:${name}`, `oci:${layout}:1`], 'platforms')).status).toBe(0)
    expect((await layerwright(['copy', '-q', `oci:${layout}:1`, `${host}/team/layout:1`])).status).toBe(0)
    expect(await platformsOf(`${host}/team/layout:1`)).toEqual(expect.arrayContaining(platforms))
    const saved = join(scratch, 'saved.tar')
    expect((await layerwright(['save', '--format', 'oci', '-o', saved, name], 'platforms')).status).toBe(0)
    expect((await layerwright(['load', '-i', saved], 'loaded')).stdout).toBe(`Loaded image: ${name}\n`)
    expect((await layerwright(['push', '-q', name, `${host}/team/loaded:1`], 'loaded')).status).toBe(0)
    expect(await platformsOf(`${host}/team/loaded:1`)).toEqual(expect.arrayContaining(platforms))
    // one of them, byte for byte, from registry to registry
    const one = await layerwright(['copy', '-q', '--platform', 'linux/arm64', name, `${host}/team/one:1`])
    const { manifests } = JSON.parse((await layerwright(['manifest', 'inspect', name])).stdout)
    const arm = manifests.find(({ platform }: { platform: { architecture: string } }) => platform.architecture === 'arm64')
    expect(one.stdout).toBe(`${arm.digest}\n`)
    // a base of another platform is the one that was pulled with it
    writeFiles(context, { 'many.Dockerfile': `FROM ${name}\nCOPY a.txt /c\n` })
    const before = registry.requests.length
    const child = ['build', '-q', '-f', 'many.Dockerfile', '--platform', 'linux/arm64', '-t', 'child', context]
    expect((await layerwright(child, 'platforms')).status).toBe(0)
    expect(registry.requests.length).toBe(before)
    expect(JSON.parse((await layerwright(['inspect', 'child'], 'platforms')).stdout)[0].Architecture).toBe('arm64')
    expect((await layerwright(['pull', '--all-platforms', '--platform', 'linux/arm64', name])).stderr).toContain('[USAGE]')
  })

  it('are read from their mirrors, and written to themselves', async () => {
    const name = 'registry.example/team/app:1'
    const mirror = memoryRegistry({ host: '127.0.0.1' })
    const second = await serveRegistry(mirror)
    try {
      expect((await layerwright(['copy', '-q', `${host}/team/many:1`, `${second.host}/team/app:1`])).status).toBe(0)
      const flags = ['--mirror', `registry.example=127.0.0.1:${await freePort()},${second.host}`]
      const digest = mirror.repository('team/app').tags.get('1')
      expect((await layerwright(['digest', '-q', '--mirror', `registry.example=${second.host}`, name])).stdout).toBe(`${digest}\n`)
      writeFiles(context, { 'mirror.Dockerfile': `FROM ${name}\nCOPY a.txt /c\n` })
      const build = ['build', '-q', '-f', 'mirror.Dockerfile', context]
      expect((await layerwright([...build.slice(0, -1), '--mirror', `registry.example=${second.host}`, context], 'mirrored')).status).toBe(
        0,
      )
      const environment = { ...docker, LAYERWRIGHT_MIRRORS: `docker.io=other.example registry.example=${second.host}` }
      expect((await commandLine(join(scratch, 'environment'))(['pull', '-q', name], environment)).status).toBe(0)
      // one that does not answer is passed over
      expect((await layerwright(['digest', '-q', ...flags, name])).stdout).toBe(`${digest}\n`)
    } finally {
      await second.close()
    }
    for (const wrong of ['registry.example', 'registry.example=', 'app=mirror.example', 'registry.example=a/b']) {
      const { status, stderr } = await layerwright(['digest', '--mirror', wrong, name])
      expect([status, stderr]).toEqual([1, expect.stringContaining('[USAGE]')])
    }
  })

  it('forget who has logged out', async () => {
    expect((await layerwright(['logout', host])).stdout).toContain('Removed')
    expect((await layerwright(['pull', `${host}/team/app:1`], 'fifth')).stderr).toContain('[UNAUTHORIZED]')
    expect((await layerwright(['logout', host])).stdout).toContain('There were no')
  })
})
