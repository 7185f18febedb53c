/** The commands that talk to registries, against one in this process. */
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { memoryRegistry, type ServedRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

  it('forget who has logged out', async () => {
    expect((await layerwright(['logout', host])).stdout).toContain('Removed')
    expect((await layerwright(['pull', `${host}/team/app:1`], 'fifth')).stderr).toContain('[UNAUTHORIZED]')
    expect((await layerwright(['logout', host])).stdout).toContain('There were no')
  })
})
