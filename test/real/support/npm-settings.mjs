// @ts-check
/** The machine's settings of npm (its registry, its certificates, its credentials), as one file to be handed to a build as a secret. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { run } from './cli.mjs'

/**
 * @param {string} file where to write them
 * @param {string} mark a comment in the file, by which its bytes are found again where they must not be
 */
export async function writeNpmSettings(file, mark) {
  const places = await Promise.all(['globalconfig', 'userconfig'].map((key) => run('npm', ['config', 'get', key], { cwd: '/' })))
  const settings = places.map((place) => place.trim()).filter((place) => existsSync(place))
  writeFileSync(file, [...settings.map((place) => readFileSync(place, 'utf8')), `; ${mark}`, ''].join('\n'), { mode: 0o600 })
}
