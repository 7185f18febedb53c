import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cli, commandLine, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const context = join(scratch, 'context')
const layerwright = commandLine(join(scratch, 'store'))

beforeAll(() => {
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'ARG WHO=world\nFROM scratch\nARG WHO\nCOPY a.txt /$WHO.txt\nLABEL for=$WHO\n',
    'a.txt': 'hello\n',
    'other.Dockerfile': 'FROM scratch AS one\nCOPY a.txt /1\nFROM one AS two\nCOPY a.txt /2\n',
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

describe('layerwright build of other contexts', () => {
  const run = (args: readonly string[], input: string | Uint8Array = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      input,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: join(scratch, 'store') },
    })
    return { status, stdout, stderr }
  }

  it('takes a tar or a Dockerfile on standard input', () => {
    const tar = execFileSync('tar', ['-czf', '-', '-C', context, '.'])
    const piped = run(['build', '-q', '-'], new Uint8Array(tar))
    expect(piped.stderr).toBe('')
    expect(piped.stdout).toBe(run(['build', '-q', context]).stdout)
    expect(run(['build', '-q', '-'], 'FROM scratch\nLABEL a=b\n')).toMatchObject({ status: 0 })
    expect(run(['build', '-'], 'NONSENSE\n')).toMatchObject({ status: 1, stderr: expect.stringContaining('NONSENSE') })
  })

  it('takes a Dockerfile that lies elsewhere, or comes on standard input', () => {
    writeFiles(scratch, { 'elsewhere/My.Dockerfile': 'FROM scratch\nCOPY a.txt /\n' })
    const named = run(['build', '-q', '-f', join(scratch, 'elsewhere/My.Dockerfile'), context])
    expect(named.status).toBe(0)
    expect(run(['build', '-q', '-f', '-', context], 'FROM scratch\nCOPY a.txt /\n').stdout).toBe(named.stdout)
    expect(run(['build', '-q', '-f', join(context, 'other.Dockerfile'), context]).stdout).toBe(
      run(['build', '-q', '-f', 'other.Dockerfile', context]).stdout,
    )
  })

  it('prints the graph and builds nothing', () => {
    const json = run(['build', '--graph', 'json', '-f', 'other.Dockerfile', context])
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, criticalPath: ['0.1', '1.1'] })
    expect(run(['build', '--graph', 'dot', context]).stdout).toMatch(/^digraph build \{/)
    expect(run(['build', '--graph', 'mermaid', context]).stdout).toMatch(/^flowchart LR\n/)
  })

  it('builds several targets, and annotates manifest and index', () => {
    const dest = join(scratch, 'annotated')
    const args = ['-f', 'other.Dockerfile', '--target', 'one', '--target', 'two', '--annotation', 'a=1', '--annotation', 'index:b=2']
    const built = run(['build', '-q', ...args, '-o', `type=oci,dest=${dest},tar=false`, context])
    expect(built.stdout.trim().split('\n')).toHaveLength(2)
    const read = (digest: string) => JSON.parse(readFileSync(join(dest, 'blobs/sha256', digest.slice(7)), 'utf8'))
    const [entry] = JSON.parse(readFileSync(join(dest, 'index.json'), 'utf8')).manifests
    const index = read(entry.digest)
    expect(index.annotations).toEqual({ b: '2' })
    expect(read(index.manifests[0].digest).annotations).toEqual({ a: '1' })
  })

  it('keeps the image with --output type=image', () => {
    const built = run(['build', '-q', '-t', 'kept:1', '-o', 'type=image', context])
    expect(built.status).toBe(0)
    expect(run(['images', '--json']).stdout).toContain('"kept:1"')
  })
})
