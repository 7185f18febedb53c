/** The README of the repository: what it shows can be typed. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { type Block, blocksOf } from '../support/markdown.js'
import { publicPackages, root } from '../support/repository.js'
import { run, scratch } from './support.js'

const README = join(root, 'README.md')

/** A line of a shell block that is checked, not run: it would start these very tests again, or fetch what is not published yet. */
function checkedOnly(line: string): boolean {
  const script = /^npm (?:run (\w+)|(test))\b/.exec(line)
  if (script) {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(scripts, line).toHaveProperty(script[1] ?? 'test')
    return true
  }
  const install = /^npm (?:install|i) (.+)$/.exec(line)
  if (install) {
    const names = install[1]!.split(/\s+/).filter((word) => word[0] !== '-')
    const ours = names.filter((name) => /^(?:@layerwright\/|layerwright$)/.test(name))
    expect(ours.filter((name) => !publicPackages.some(({ manifest }) => manifest.name === name))).toEqual([])
    return true
  }
  return /^git clone\b|^cd layerwright$/.test(line)
}

/**
 * @param all the folder in which every package is installed
 */
export function describeRootReadme(all: string | undefined): void {
  const blocks = existsSync(README) ? blocksOf(README) : []
  const shell = blocks.filter(({ language }) => ['sh', 'bash', 'console'].includes(language))
  const code = blocks.filter(({ language }) => ['ts', 'js'].includes(language))

  describe('the README of the repository', () => {
    it('shows commands and code', () => {
      expect(shell.length).toBeGreaterThan(0)
      expect(code.length).toBeGreaterThan(0)
    })

    it.skipIf(!all)('has shell blocks that run from top to bottom in a fresh copy', async () => {
      const copy = join(scratch, 'a copy')
      mkdirSync(copy)
      cpSync(join(root, 'examples'), join(copy, 'examples'), { recursive: true, verbatimSymlinks: true })
      const commands = shell.flatMap(commandsOf).filter((line) => !checkedOnly(line))
      const path = [join(all ?? '', 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter)
      const exports = [`PATH='${path}'`, `LAYERWRIGHT_STORE='${join(copy, 'store')}'`].map((setting) => `export ${setting}`)
      writeFileSync(join(copy, 'readme.sh'), ['set -eux', ...exports, ...commands, ''].join('\n'))
      const { code: status, output } = await run('sh', ['readme.sh'], copy)
      expect(status, output).toBe(0)
    })

    it.skipIf(!all).each(code)('has code on line $line that runs', async ({ code: text, line }) => {
      const place = join(all ?? '', `root-readme-${line}`)
      mkdirSync(place)
      cpSync(join(root, 'examples'), join(place, 'examples'), { recursive: true, verbatimSymlinks: true })
      writeFileSync(join(place, 'example.mjs'), (await transform(text, { loader: 'ts', format: 'esm', target: 'node20' })).code)
      const { code: status, output } = await run(process.execPath, ['example.mjs'], place)
      expect(status, output).toBe(0)
    })
  })
}

/** Commands of a block, one a line; a backslash joins lines, `$ ` in front and comments go. In a console block, the rest is output. */
function commandsOf({ language, code }: Block): string[] {
  const lines = code.replaceAll('\\\n', ' ').split('\n')
  return lines
    .filter((line) => language !== 'console' || /^\$ /.test(line))
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/(?:^|\s)#.*$/, '')
        .trim(),
    )
    .filter(Boolean)
}
