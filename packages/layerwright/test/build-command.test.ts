import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const context = join(scratch, 'context')
const layerwright = commandLine(join(scratch, 'store'))

beforeAll(() => {
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'ARG WHO=world\nFROM scratch\nARG WHO\nCOPY a.txt /$WHO.txt\nLABEL for=$WHO\n',
    'a.txt': 'hello\n',
    'other.Dockerfile': 'FROM scratch AS one\nCOPY a.txt /1\nFROM one\nCOPY a.txt /2\n',
  })
})

describe('layerwright build', () => {
  it('prints progress to stderr and the digest to stdout', async () => {
    const { status, stdout, stderr } = await layerwright(['build', '-t', 'demo:1', context])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
    expect(stderr).toContain('[1/1] COPY a.txt /world.txt')
    expect((await layerwright(['images', '--json'])).stdout).toContain('"demo:1"')
  })

  it('writes one JSON event a line with --progress json', async () => {
    const { stdout } = await layerwright(['build', '--progress', 'json', context])
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events[0]).toMatchObject({ type: 'build.started' })
    expect(events.find(({ type }) => type === 'step.finished')).toMatchObject({ outcome: 'cached', instruction: 'COPY a.txt /world.txt' })
    expect(events.at(-1)).toMatchObject({ type: 'build.finished' })
  })

  it('takes build arguments, labels, a target, another file and a date', async () => {
    const first = await layerwright([
      'build',
      '--build-arg',
      'WHO=you',
      '--label',
      'x=y',
      '--source-date-epoch',
      '1000000000',
      '-t',
      'demo:2',
      context,
    ])
    expect(first.stderr).toContain('COPY a.txt /you.txt')
    const [image] = JSON.parse((await layerwright(['inspect', 'demo:2'])).stdout)
    expect(image).toMatchObject({ Created: '2001-09-09T01:46:40Z', Config: { Labels: { for: 'you', x: 'y' } } })
    const second = await layerwright(['build', '-f', 'other.Dockerfile', '--target', 'one', '-q', '-t', 'demo:3', context])
    expect(second.stderr).toBe('')
    expect((await layerwright(['history', 'demo:3'])).stdout).toContain('1 layer,')
  })

  it('writes every kind of output, several at once', async () => {
    const place = (name: string) => join(scratch, name)
    const outputs = [
      `type=oci,dest=${place('a.oci.tar')}`,
      `type=oci,tar=false,dest=${place('layout')}`,
      `type=docker,dest=${place('a.docker.tar')}`,
      `type=tar,dest=${place('root.tar')}`,
      place('root'),
    ]
    const { status, stderr } = await layerwright(['build', ...outputs.flatMap((output) => ['-o', output]), context])
    expect(stderr).not.toContain('error')
    expect(status).toBe(0)
    expect(readFileSync(join(place('root'), 'world.txt'), 'utf8')).toBe('hello\n')
    expect(JSON.parse(readFileSync(join(place('layout'), 'index.json'), 'utf8')).manifests).toHaveLength(1)
    for (const archive of ['a.oci.tar', 'a.docker.tar']) {
      const loaded = await commandLine(join(scratch, `store-${archive}`))(['load', '-i', place(archive), '-t', 'back'])
      expect(loaded.stdout).toContain('Loaded image: back:latest')
    }
  })

  it('builds on a layout and an archive as named contexts', async () => {
    writeFiles(join(scratch, 'child'), { Dockerfile: 'FROM parent\nCOPY --from=files a.txt /copied\n' })
    for (const parent of [
      `oci-layout://${join(scratch, 'layout')}`,
      `docker-archive:${join(scratch, 'a.docker.tar')}`,
      `oci-archive:${join(scratch, 'a.oci.tar')}`,
    ]) {
      const { status, stderr } = await layerwright([
        'build',
        '--build-context',
        `parent=${parent}`,
        '--build-context',
        `files=${context}`,
        '-t',
        'child',
        join(scratch, 'child'),
      ])
      expect(stderr).not.toContain('error')
      expect(status).toBe(0)
      const [image] = JSON.parse((await layerwright(['inspect', 'child'])).stdout)
      expect(image.Layers).toHaveLength(2)
    }
  })

  it('names a misspelt flag, and gives status 1', async () => {
    const { status, stderr } = await layerwright(['build', '--taget', 'x', context])
    expect(status).toBe(1)
    expect(stderr).toContain('--target')
  })
})
