/** Start-up is part of the design: what a command does not need is not loaded. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../src/cli/version.js'
import { commandLine, repository, scratchFolder } from './support.js'

const scratch = scratchFolder()

/** The scripts that Node loaded during a command, from its own coverage record. */
async function loadedBy(args: readonly string[], name: string): Promise<{ scripts: string[]; stdout: string; stderr: string }> {
  const coverage = join(scratch, name)
  mkdirSync(coverage)
  const { stdout, stderr } = await commandLine(join(scratch, 'store'))(args, { NODE_V8_COVERAGE: coverage })
  const scripts = readdirSync(coverage).flatMap((file) =>
    JSON.parse(readFileSync(join(coverage, file), 'utf8')).result.map(({ url }: { url: string }) => url),
  )
  // Modules by their address, scripts of the bundle by their path.
  const files = scripts.flatMap((url: string) => (url.startsWith('file:') ? [fileURLToPath(url)] : isAbsolute(url) ? [url] : []))
  return { scripts: files, stdout, stderr }
}

describe('start-up', () => {
  it('says its version, which is that of package.json, from a few lines of code', async () => {
    const { scripts, stdout } = await loadedBy(['--version'], 'version')
    expect(stdout).toBe(`${VERSION}\n`)
    expect(JSON.parse(readFileSync(join(repository, 'packages/layerwright/package.json'), 'utf8')).version).toBe(VERSION)
    const bytes = scripts.reduce((sum, url) => sum + readFileSync(url).length, 0)
    expect(bytes).toBeLessThan(6000)
  })

  it('loads no shell and no interpreter for a build whose steps are cached', async () => {
    const layerwright = commandLine(join(scratch, 'store'))
    expect((await layerwright(['build', '-t', 'example-base', 'examples/base'])).status).toBe(0)
    expect((await layerwright(['build', 'examples/multi-stage'])).status).toBe(0)
    const { scripts, stderr } = await loadedBy(['build', 'examples/multi-stage'], 'cached')
    expect(stderr).toContain('CACHED')
    expect(stderr).not.toContain('RAN')
    expect(scripts.filter((url) => /just-bash|simulated-shell/.test(url))).toEqual([])
    for (const file of scripts) expect(readFileSync(file, 'utf8')).not.toContain('function simulatedShell(')
    expect(scripts.some((file) => readFileSync(file, 'utf8').includes('async function buildImage('))).toBe(true)
  })
  it('keeps compiled code for the user alone, and takes only what is theirs and of this very program', async () => {
    const cache = join(scratch, 'cache')
    const layerwright = commandLine(join(scratch, 'store'))
    const run = () => layerwright(['build', '-q', 'examples/base'], { XDG_CACHE_HOME: cache })
    const { status, stdout } = await run()
    expect(status).toBe(0)
    const file = join(cache, 'layerwright/code/build')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    // the first run made more than a later one needs; from the second on nothing is written
    await run()
    const kept = readFileSync(file)
    expect((await run()).stdout).toBe(stdout)
    expect(readFileSync(file).equals(kept)).toBe(true)
    // of another program, cut, nonsense, and open to others: each is made again
    const other = Buffer.from(kept.toString('latin1').replace('"build-', '"built-'), 'latin1')
    for (const bytes of [other, kept.subarray(0, kept.length - 1000), Buffer.from('{}\n')]) {
      writeFileSync(file, bytes)
      expect(await run()).toEqual({ status: 0, stdout, stderr: '' })
      expect(readFileSync(file).length).toBeGreaterThan(kept.length / 2)
    }
    chmodSync(file, 0o666)
    expect((await run()).stdout).toBe(stdout)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    // no folder to keep it in: it works as well
    writeFileSync(join(scratch, 'no-folder'), '')
    expect((await layerwright(['build', '-q', 'examples/base'], { XDG_CACHE_HOME: join(scratch, 'no-folder') })).stdout).toBe(stdout)
  })
})
