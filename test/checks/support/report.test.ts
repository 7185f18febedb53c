/** The rules of the floor and of the exit code, tried on a check of three cases. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from '../../support/repository.js'
import { divergenceOf } from '../divergences.mjs'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const check = join(folder, 'check.mjs')
writeFileSync(
  check,
  `import { readArguments, Report } from ${JSON.stringify(join(root, 'test/checks/support/report.mjs'))}
const { values } = readArguments('check DIR', {})
const report = new Report('conformance', values)
for (const [id, area, outcome] of [['good', 'a', 'passed'], ['bad', 'a', 'failed'], ['left', 'b', 'skipped']]) {
  if (report.wants({ id, area })) report.add({ id, area, outcome, first: 'why', actual: { id } })
}
report.finish()
`,
)

function run(...args: string[]) {
  return runIn('true', ...args)
}

function runIn(CI: string, ...args: string[]) {
  const env = { ...process.env, CI }
  const { status, stdout, stderr } = spawnSync(process.execPath, [check, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1) }
}

const floor = (name: string, ids: readonly string[]) => {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(ids))
  return file
}

it('ends with one line of JSON, and fails when a case fails', () => {
  const { status, stdout, last } = run('DIR')
  expect(last).toBe('{"passed":1,"failed":1,"skipped":1,"diverged":0}')
  expect(stdout).toContain('FAIL bad\n  why')
  expect(status).toBe(1)
})

it('with a floor fails only when a listed case does not pass', () => {
  expect(run('DIR', '--floor', floor('met.json', ['good'])).status).toBe(0)
  expect(run('DIR', '--floor', floor('failed.json', ['good', 'bad'])).status).toBe(1)
  // a case that is skipped is not one that passes, unless it is a user's machine that can't run it
  expect(run('DIR', '--floor', floor('skipped.json', ['left'])).status).toBe(1)
  expect(runIn('', 'DIR', '--floor', floor('skipped.json', ['left'])).status).toBe(0)
})

it('lets the floor only grow', () => {
  const file = floor('grows.json', ['elsewhere'])
  expect(run('DIR', '--floor', file, '--update-floor').status).toBe(0)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(['elsewhere', 'good'])
})

it('narrows to an area or a case, and does not take nothing for success', () => {
  expect(run('DIR', '--area', 'b').last).toBe('{"passed":0,"failed":0,"skipped":1,"diverged":0}')
  expect(run('DIR', '--case', 'good').status).toBe(0)
  expect(run('DIR', '--case', 'none').status).toBe(1)
})

it('writes the raw answers', () => {
  const file = join(folder, 'actual.jsonl')
  run('DIR', '--actual', file)
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('{"id":"good"}\n{"id":"bad"}\n{"id":"left"}\n')
})

it('refuses a command line that is wrong', () => {
  expect(run().status).toBe(2)
  expect(run('DIR', '--flor', 'x').status).toBe(2)
  expect(run('DIR', '--update-floor').stderr).toContain('--update-floor needs --floor FILE')
})

it('takes a divergence only for the checks that its rule is about', () => {
  const words = { checks: ['errorText'], reason: 'cannot-replace' }
  expect(divergenceOf('conformance', {}, words)?.heading).toBe('Words of errors')
  expect(divergenceOf('conformance', {}, { ...words, checks: ['errorText', 'rootfs'] })).toBeUndefined()
  expect(divergenceOf('conformance', {}, { ...words, reason: 'run-failed' })).toBeUndefined()
  const times = { checks: ['layerEntries'], withSourceTimes: true }
  expect(divergenceOf('conformance', {}, times)?.heading).toBe('Times are fixed by default')
  expect(divergenceOf('conformance', {}, { ...times, withSourceTimes: false })).toBeUndefined()
  expect(divergenceOf('conformance', {})).toBeUndefined()
})
