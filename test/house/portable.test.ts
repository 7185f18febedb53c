/** Portable entries run in a browser: nothing they reach inside their package asks Node for anything. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { importsOf, relativeTarget, withoutComments } from '../support/imports.js'
import { portableEntries } from '../support/portable.js'
import { type packages, shown } from '../support/repository.js'

// a mention as a value: `Buffer.from`, `process.env`; not a property (`a.process`), a key (`process:`) or part of a word
const NODE_GLOBAL = /(?<![\w.$'"`-])(?:Buffer|process|__dirname|__filename|setImmediate|require)(?=\s*[.([])/

function reachable(entry: string, one: (typeof packages)[number]): string[] {
  const seen = new Set<string>()
  const queue = [entry]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || !existsSync(file)) continue
    seen.add(file)
    for (const { specifier, typeOnly } of importsOf(file)) {
      if (specifier[0] === '.' && !typeOnly) queue.push(relativeTarget(file, specifier))
      const chosen = one.manifest.imports?.[specifier]?.default
      if (chosen) queue.push(chosen.replace('./dist', `${one.folder}/src`).replace(/\.js$/, '.ts'))
    }
  }
  return [...seen]
}

it.each(portableEntries)('$name asks nothing of Node', ({ one, source }) => {
  expect(existsSync(source), shown(source)).toBe(true)
  const faults = reachable(source, one).flatMap((file) => {
    const code = withoutComments(readFileSync(file, 'utf8'))
    return [
      ...importsOf(file)
        .filter(({ specifier, typeOnly }) => !typeOnly && (/^node:/.test(specifier) || specifier.split('/').includes('node')))
        .map(({ specifier, line }) => `${shown(file)}:${line} imports ${specifier}`),
      ...code.split('\n').flatMap((text, index) => {
        const found = NODE_GLOBAL.exec(text.replace(/(['"`])(?:\\.|(?!\1).)*\1/g, "''"))
        return found ? [`${shown(file)}:${index + 1} uses ${found[0]}`] : []
      }),
    ]
  })
  expect(faults).toEqual([])
})
