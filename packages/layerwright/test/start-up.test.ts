/** Start-up is part of the design: what a command does not need is not loaded. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
  return { scripts: scripts.filter((url: string) => url.startsWith('file:')), stdout, stderr }
}

describe('start-up', () => {
  it('says its version, which is that of package.json, from a few lines of code', async () => {
    const { scripts, stdout } = await loadedBy(['--version'], 'version')
    expect(stdout).toBe(`${VERSION}\n`)
    expect(JSON.parse(readFileSync(join(repository, 'packages/layerwright/package.json'), 'utf8')).version).toBe(VERSION)
    const bytes = scripts.reduce((sum, url) => sum + readFileSync(new URL(url)).length, 0)
    expect(bytes).toBeLessThan(4000)
  })

  it('loads no shell and no interpreter for a build whose steps are cached', async () => {
    const layerwright = commandLine(join(scratch, 'store'))
    expect((await layerwright(['build', '-t', 'example-base', 'examples/base'])).status).toBe(0)
    expect((await layerwright(['build', 'examples/multi-stage'])).status).toBe(0)
    const { scripts, stderr } = await loadedBy(['build', 'examples/multi-stage'], 'cached')
    expect(stderr).toContain('CACHED')
    expect(stderr).not.toContain('RAN')
    expect(scripts.filter((url) => /just-bash|simulated-shell/.test(url))).toEqual([])
    for (const url of scripts) expect(readFileSync(new URL(url), 'utf8')).not.toContain('function simulatedShell(')
  })
})
