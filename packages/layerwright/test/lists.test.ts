/** Lists and `inspect` by Docker's words: filters, formats, and the groups `image` and `container`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryRegistry, type ServedRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const layerwright = (...args: string[]) =>
  commandLine(join(scratch, 'store'), scratch)(args, { DOCKER_CONFIG: join(scratch, 'docker'), XDG_CACHE_HOME: join(scratch, 'cache') })
const lines = async (...args: string[]) => {
  const { status, stdout, stderr } = await layerwright(...args)
  expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
  return stdout.split('\n').filter(Boolean)
}
let served: ServedRegistry

beforeAll(async () => {
  served = await serveRegistry(memoryRegistry({ host: '127.0.0.1' }))
  writeFiles(scratch, {
    'a/Dockerfile': 'FROM scratch\nCOPY f /f\nLABEL team=one\nCMD ["/f"]\n',
    'a/f': 'f',
    'b/Dockerfile': 'FROM scratch\nCOPY f /g\nCMD ["/g"]\n',
    'b/f': 'g',
    labels: 'from=file\n',
  })
  await lines('build', '-q', '-t', 'team/app:1', '-t', 'app:latest', 'a')
  await lines('build', '-q', '--platform', 'linux/amd64,linux/arm64', '-t', 'other:2', 'b')
  await lines('create', '--name', 'first', '--label-file', 'labels', '-l', 'kind=x', '-v', 'data:/data', '--cidfile', 'first.id', 'app')
  await lines('create', '--name', 'second', '--platform', 'linux/arm64', 'other:2')
})
afterAll(() => served.close())

describe('ps', () => {
  it('takes filters, formats and counts', async () => {
    expect(await lines('ps', '-q')).toEqual([])
    expect(await lines('ps', '-a', '--format', '{{.Names}} {{.Image}} {{.State}}')).toEqual(['second other:2 created', 'first app created'])
    expect(await lines('ps', '-l', '--format', '{{.Names}}')).toEqual(['second'])
    expect(await lines('ps', '-n', '5', '-f', 'volume=data', '--format', '{{.Names}}:{{.Mounts}}')).toEqual(['first:data'])
    expect(await lines('ps', '--filter', 'status=created', '--filter', 'label=kind', '--format', '{{.Labels}}')).toEqual([
      'team=one,from=file,kind=x',
    ])
    const id = readFileSync(join(scratch, 'first.id'), 'utf8')
    expect(await lines('container', 'ls', '-aq', '--no-trunc', '-f', 'ancestor=team/app:1')).toEqual([id])
    expect(await lines('ps', '-a', '--format', 'table {{.Names}}\\t{{.Status}}')).toEqual([
      'NAME    STATUS',
      'second  created',
      'first   created',
    ])
    const [json] = await lines('ps', '-a', '-f', 'name=first', '--format', 'json')
    expect(JSON.parse(json!)).toMatchObject({ ID: id.slice(0, 12), Names: 'first', Command: '/f' })
  })
})

describe('images', () => {
  it('takes a name, filters and formats', async () => {
    const name = ['--format', '{{.Repository}}:{{.Tag}}']
    expect(await lines('images', ...name)).toEqual(['app:latest', 'team/app:1', 'other:2', 'other:2'])
    expect(await lines('images', 'app', ...name)).toEqual(['app:latest'])
    expect(await lines('images', 'team/*', ...name)).toEqual(['team/app:1'])
    expect(await lines('images', 'other:1', ...name)).toEqual([])
    expect(await lines('image', 'ls', '-f', 'label=team=one', '-f', 'reference=*', ...name)).toEqual(['app:latest'])
    expect(await lines('images', '-q', '-f', 'dangling=true')).toEqual([])
    expect(await lines('images', 'app', '--format', 'table {{.Tag}}\\t{{.Platform}}')).toEqual(['TAG     PLATFORM', 'latest  linux/amd64'])
  })
})

describe('inspect', () => {
  it('shows what a format names, of one kind if that is asked for', async () => {
    expect(await lines('inspect', '-f', '{{.Name}} {{.State.Status}} {{.State.Running}}', 'first', 'second')).toEqual([
      '/first created false',
      '/second created false',
    ])
    expect(
      await lines('inspect', '-f', '{{index .Config.Labels "from"}}|{{index .Config.Labels "none"}}|{{index .Args 0}}', 'first'),
    ).toEqual(['file||'])
    expect(await lines('image', 'inspect', '-f', '{{json .RepoTags}}', 'app')).toEqual(['["app:latest","team/app:1"]'])
    expect(
      await lines('inspect', '-f', '{{.Architecture}}', (await layerwright('inspect', '-f', '{{.Image}}', 'second')).stdout.trim()),
    ).toEqual(['arm64'])
    expect(await lines('volume', 'inspect', '-f', '{{.Name}}', 'data')).toEqual(['data'])
    expect(await lines('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toEqual(['local data'])
    expect((await layerwright('inspect', '--type', 'volume', 'first')).stderr).toContain('No such volume: first')
  })
})

describe('a format or filter that can not be done', () => {
  it.each([
    [['ps', '--format', '{{range .Names}}'], 'FORMAT_UNUSABLE', '{{range .Names}} is not supported'],
    [['ps', '--format', '{{.Name}}'], 'FORMAT_UNUSABLE', 'did you mean .Names?'],
    [['images', '--format', '{{.ID'], 'FORMAT_UNUSABLE', 'has {{ without }}'],
    [['volume', 'ls', '--format', '{{.Name | upper}}'], 'FORMAT_UNUSABLE', 'not supported'],
    [['inspect', '-f', '{{.Config}}', 'first'], 'FORMAT_UNUSABLE', 'write {{json .Config}}'],
    [['inspect', '-f', '{{.State.Statsu}}', 'first'], 'FORMAT_UNUSABLE', 'did you mean .Status?'],
    [['ps', '-f', 'colour=red'], 'INVALID_FILTER', 'ancestor='],
    [['images', '-f', 'since=app'], 'USAGE', 'reference=PATTERN'],
    [['ps', '-n', 'x'], 'USAGE', 'not a number'],
    [['logs', '--since', 'never', 'first'], 'USAGE', 'not a time'],
    [['create', '--cidfile', 'first.id', 'app'], 'USAGE', 'it is there already'],
    [['create', '--cidfile', 'none/id', 'app'], 'USAGE', 'a folder that can be written to'],
    [['create', '--label-file', 'none', 'app'], 'USAGE', 'NAME=VALUE on each line'],
    [['build', ''], 'USAGE', 'the context has no name'],
    [['load'], 'ARCHIVE_', 'standard input'],
  ])('%j', async (args, code, message) => {
    const { status, stdout, stderr } = await layerwright(...args)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`[${code}`)
    expect(stderr).toContain(message)
  })
})

describe('an image that is missing', () => {
  it('is brought from its registry, unless that is not wanted or it is not there', async () => {
    const name = `${served.host}/app:1`
    await lines('push', '-q', 'app', name)
    expect(await layerwright('create', '--pull', 'never', name)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[NO_SUCH_IMAGE]'),
    })
    const made = await layerwright('create', '--name', 'pulled', name)
    expect(made).toMatchObject({ status: 0, stderr: expect.stringContaining(`pulling ${name}\n`) })
    expect(await lines('create', name)).toHaveLength(1)
    const absent = await layerwright('run', `${served.host}/none:1`)
    expect(absent).toMatchObject({ status: 125, stderr: expect.stringContaining('[NO_SUCH_IMAGE]') })
    expect((await layerwright('run', 'sha256:0123')).stderr).not.toContain('pulling')
  })
})

describe('prune by group', () => {
  it('removes containers that do not run, and images that nothing names or uses', async () => {
    expect(await lines('container', 'prune', '--filter', 'name=second')).toHaveLength(1)
    expect(await lines('image', 'prune')).toEqual([])
    const gone = await lines('image', 'prune', '--all', '--filter', 'reference=other')
    expect(gone.filter((line) => line.startsWith('Untagged'))).not.toEqual([])
    expect(await lines('images', 'other', '-q')).toEqual([])
    expect(await lines('images', 'team/app', '-q')).toHaveLength(1)
  })
})
