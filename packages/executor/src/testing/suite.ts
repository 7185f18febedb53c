import { commandsPart } from './commands.js'
import { filesPart } from './files.js'
import { type ExecutorFixture, type Part, runScript, type TestRunner } from './harness.js'
import { mountsPart } from './mounts.js'
import { optionsPart } from './options.js'

/** What every executor must do. */
export function executorSuite(name: string, fixture: ExecutorFixture, runner: TestRunner): void {
  const part: Part = { name, fixture, runner, run: (script, options) => runScript(fixture, script, options) }
  commandsPart(part)
  filesPart(part)
  mountsPart(part)
  optionsPart(part)
}
