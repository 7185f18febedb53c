/** Progress on terminals that are narrow, do not know their width, or are dumb. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify, stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { ttyProgress } from '../src/cli/progress/tty.js'
import { cli, scratchFolder, writeFiles } from './support.js'

const run = promisify(execFile)
const scratch = scratchFolder()
const script = requireTool('script')
const ESCAPE = String.fromCharCode(27)
const INSTRUCTION = 'COPY a-file-with-a-long-name /at/a/place/far/below/the/root'

/** What is shown of a step that runs and puts something out, on a terminal of so many columns. */
function shown(columns: number): string[] {
  const stream = Object.assign(new PassThrough(), { columns, rows: 20, isTTY: true })
  const progress = ttyProgress(stream as unknown as NodeJS.WriteStream)
  const step = { id: '0.1', stage: '', number: 1, of: 2, instruction: INSTRUCTION, startLine: 1, endLine: 1 }
  progress.onEvent({ type: 'step.started', ...step })
  progress.onEvent({ type: 'step.output', id: '0.1', stream: 'stdout', text: 'x'.repeat(200) })
  progress.close()
  const text: unknown = stream.read()
  return stripVTControlCharacters(String(text))
    .split('\n')
    .filter((line) => /^(=>| {3}x)/.test(line))
}

describe('progress', () => {
  it.each([20, 30, 60])('fits a terminal of %i columns', (columns) => {
    const lines = shown(columns)
    expect(lines.some((line) => /^=> \[1\/2\] .*… \d+\.\ds$/.test(line))).toBe(true)
    expect(lines.some((line) => line.startsWith('   x'))).toBe(true)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  })

  it.skipIf(!script).each([
    ['is dumb', 'stty cols 80', { TERM: 'dumb' }],
    ['does not know its width', 'stty cols 0', { TERM: 'xterm' }],
  ])('draws nothing anew on a terminal that %s', async (_, width, environment) => {
    writeFiles(scratch, { 'context/Dockerfile': `FROM scratch\n${INSTRUCTION}\n`, 'context/a-file-with-a-long-name': 'a' })
    const env = { ...process.env, LAYERWRIGHT_STORE: join(scratch, 'store'), NO_COLOR: '1', ...environment }
    const { stdout } = await run(script!, ['-qec', `${width}; exec '${process.execPath}' '${cli}' build context`, '/dev/null'], {
      cwd: scratch,
      env,
    })
    expect(stdout).toContain(INSTRUCTION)
    expect(stdout).not.toContain(ESCAPE)
  })
})
