import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandLine, repository, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const layerwright = commandLine(join(scratch, 'store'), scratch)
const stdoutOf = async (args: readonly string[]) => (await layerwright(args)).stdout

beforeAll(async () => {
  writeFiles(scratch, {
    Dockerfile: 'FROM base\nWORKDIR /app\nCOPY . .\nRUN cat package.json > installed\n',
    '.dockerignore': 'store\n',
    'package.json': '{\n  "version": "1"\n}\n',
    'server.js': '1\n',
  })
  await layerwright(['build', '-q', '-t', 'base', join(repository, 'examples/base')])
  await layerwright(['build', '-q', '--cache-strength', 'traced', '.'])
  writeFileSync(join(scratch, 'server.js'), '2\n')
})

describe('the cache on the command line', () => {
  it('plan says what would run and why, under each strength', async () => {
    const last = async (strength: string) => JSON.parse(await stdoutOf(['plan', '--json', '--cache-strength', strength])).steps.at(-1)
    expect(await last('content')).toMatchObject({ outcome: 'run', reason: '`COPY . .` above it gave another result' })
    expect(await last('traced')).toMatchObject({ outcome: 'cached', reason: 'nothing that it looked at changed' })
    expect(await stdoutOf(['plan'])).toContain('RUN      0.2  COPY . .\n         `server.js` changed: 1 line\n')
  })

  it('explain says it of one step, in words and as data', async () => {
    const words = await stdoutOf(['explain', '0.2'])
    expect(words).toContain('sources: `server.js` changed: 1 line\n  content /app/server.js (1 line)\n')
    expect(await stdoutOf(['explain', ':3'])).toBe(words)
    const { explanation } = JSON.parse(await stdoutOf(['explain', '0.2', '--json']))
    expect(explanation).toMatchObject({ version: 1, hit: false, causes: [{ input: 'sources' }] })
    const wrong = await layerwright(['explain', '7.7'])
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining('[STEP_NOT_FOUND]') })
  })

  it('build --explain names files, and --verify-stable what is not the same twice', async () => {
    const { stderr } = await layerwright(['build', '--explain', '--progress', 'plain', '.'])
    expect(stderr).toContain('`server.js` changed: 1 line')
    expect((await layerwright(['build', '-q', '--verify-stable', '.'])).status).toBe(0)
    writeFileSync(join(scratch, 'clock.Dockerfile'), 'FROM base\nRUN date +%s%N > /built\n')
    const unstable = await layerwright(['build', '-q', '--verify-stable', '-f', 'clock.Dockerfile', '.'])
    expect(unstable.status).toBe(1)
    expect(unstable.stderr).toMatch(/0\.1 RUN date \+%s%N > \/built\n\s+byte \d+ of \/built: "\d+", then "\d+"/)
  })

  it('runs what it is told to, and refuses what is no duration', async () => {
    const outcomes = async (...flags: string[]) =>
      (await stdoutOf(['build', '--progress', 'json', ...flags, '.']))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .flatMap((event) => (event.type === 'step.finished' ? [event.outcome] : []))
    await outcomes()
    expect(await outcomes('--no-cache-filter', '0.3')).toEqual(['cached', 'cached', 'ran'])
    expect(await outcomes('--max-age', '0.3=0s')).toEqual(['cached', 'cached', 'ran'])
    expect(await outcomes('--max-age', '7d')).toEqual(['cached', 'cached', 'cached'])
    expect((await layerwright(['build', '--max-age', 'soon', '.'])).stderr).toContain('not a duration')
  })

  it('shows cache mounts, and takes them out and in as tars', async () => {
    writeFileSync(
      join(scratch, 'mount.Dockerfile'),
      'FROM base\nARG N\nRUN --mount=type=cache,id=seen,target=/c cat /c/* > /before; echo $N > /c/$N; true\n',
    )
    const given = (n: string) => layerwright(['build', '-q', '-f', 'mount.Dockerfile', '--build-arg', `N=${n}`, '.'])
    expect((await given('1')).status).toBe(0)
    expect(JSON.parse(await stdoutOf(['cache', 'mounts', '--json']))).toMatchObject([{ id: 'seen', entries: 1 }])
    expect((await layerwright(['cache', 'mount-export', 'seen', '-o', 'seen.tar'])).status).toBe(0)
    await given('2')
    expect(await stdoutOf(['cache', 'mounts'])).toMatch(/seen\s+2\s/)
    expect((await layerwright(['cache', 'mount-import', 'seen', 'seen.tar'])).status).toBe(0)
    expect(await stdoutOf(['cache', 'mounts'])).toMatch(/seen\s+1\s/)
    expect(await layerwright(['cache', 'mount-export', 'none', '-o', 'x.tar'])).toMatchObject({ status: 1 })
  })
})
