/**
 * The suite that every filesystem of this package passes, for whoever writes another one:
 *
 *     for (const test of fileSystemSuite({ without: ['device'] })) it(test.name, () => test.run(makeEmptyFileSystem()))
 *
 * It needs no test framework: a case that fails throws `ConformanceError`.
 */
import { type BehaviourCase, behaviourCases, type Power } from './behaviour-cases.js'
import { errnoCases, errnoFixture, ownErrnoCases } from './errno-cases.js'
import { expectCode } from './errors.js'

export { type BehaviourCase, behaviourCases, type Power } from './behaviour-cases.js'
export { type ErrnoCase, errnoCases, errnoFixture, ownErrnoCases } from './errno-cases.js'
export { ConformanceError } from './errors.js'

/** All cases for a filesystem that has every power but those named. Each takes an empty, writable root. */
export function fileSystemSuite(options: { readonly without?: readonly Power[] } = {}): BehaviourCase[] {
  const missing = new Set(options.without)
  return [
    ...behaviourCases.filter((each) => !each.needs?.some((power) => missing.has(power))),
    ...[...errnoCases, ...ownErrnoCases].map(
      ([what, code, run]): BehaviourCase => ({
        name: `${what}: ${code}`,
        run(fs) {
          errnoFixture(fs)
          expectCode(code, () => run(fs), what)
        },
      }),
    ),
  ]
}
