/** The simulated shell in a worker of a real browser: the same results, and an abort ends every loop. Needs a finished build (`npm run build`). */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { root } from '../support/repository.js'
import { requireTool } from '../support/tools.js'
import { loops, shellScenario } from './browser/shell.js'

/** just-bash asks for node:zlib in its browser build too, for commands that are not used: a bundler gives it an empty module. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup(build) {
    build.onResolve({ filter: /^node:zlib$/ }, ({ path }) => ({ path, namespace: 'empty' }))
    build.onLoad({ filter: /./, namespace: 'empty' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
  },
}

async function forBrowser(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/house/browser', file)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    logLevel: 'silent',
    plugins: [withoutNode],
  })
  return outputFiles[0]!.text
}

const executablePath = requireTool('chromium')

describe.skipIf(!executablePath)('the simulated shell in Chromium', () => {
  it('runs in a worker as in Node, and every loop is stopped', async () => {
    const modules = new Map([
      ['/shell.js', await forBrowser('shell.ts')],
      ['/shell-worker.js', await forBrowser('shell-worker.ts')],
    ])
    const server = createServer(({ url }, response) => {
      const code = modules.get(url ?? '')
      response.writeHead(200, { 'content-type': code === undefined ? 'text/html' : 'text/javascript' })
      response.end(code ?? '<!doctype html><title>Layerwright</title><link rel="icon" href="data:,">')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // the sandbox of Chromium does not start for root, which is what CI runs as
    const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(error.message))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      // as text, because the test runner rewrites import()
      const there = await page.evaluate<Awaited<ReturnType<typeof shellScenario>>>(
        `import('/shell.js').then(({ shellScenario }) => shellScenario(() => new Worker('/shell-worker.js', { type: 'module' })))`,
      )
      expect(faults).toEqual([])
      const { stopped, ...results } = there
      const { stopped: _, ...here } = await shellScenario(undefined)
      expect(results).toEqual(here)
      expect(results.ran.exitCode).toBe(0)
      expect(stopped).toHaveLength(loops.length)
      for (const [i, ms] of stopped.entries()) {
        console.log(`Chromium, ${loops[i]}: stopped ${ms.toFixed(0)} ms after the abort`)
        expect(ms).not.toBeNaN()
      }
    } finally {
      await browser.close()
      server.close()
    }
  })
})
