// @ts-check
/**
 * The Node web service by us, by buildah and by a Docker engine in turns: cold, with its packages fetched, and after one line of its source changed.
 * `pnpm bench sandbox` prints it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applications } from './support/applications.mjs'
import { installed, openSideBySide } from './support/side-by-side.mjs'

const PROGRAMS = ['buildah', 'dockerd', 'docker', 'npm']

/**
 * @param {string} dir where it is built
 * @param {number} rounds of each phase
 * @returns {Promise<{ name: string, cold: number[], edit1: number[] }[]>} milliseconds; ours first
 * @throws Error with the programs that are missing
 */
export async function measureNodeApp(dir, rounds) {
  const missing = []
  for (const name of PROGRAMS) if (!(await installed(name))) missing.push(name)
  if (missing.length > 0) throw new Error(`the comparison of node-app needs ${missing.join(', ')}`)
  const application = applications.find(({ name }) => name === 'web-service')
  if (!application) throw new Error('there is no web-service among the applications')
  const home = mkdtempSync(join(dir, 'node-app-'))
  const { builders, place, close } = await openSideBySide(home, [application])
  try {
    const file = join(place(application).context, application.edit.file)
    const source = readFileSync(file, 'utf8')
    const figures = builders.map(({ name }) => ({ name, cold: /** @type {number[]} */ ([]), edit1: /** @type {number[]} */ ([]) }))
    /** @param {number} index @param {'cold' | 'edit1'} phase */
    const take = async (index, phase) => {
      const start = performance.now()
      await builders[index]?.build(application)
      figures[index]?.[phase].push(performance.now() - start)
    }
    for (let round = 0; round < rounds; round++) {
      writeFileSync(file, source)
      for (const index of builders.keys()) {
        await builders[index]?.forget(application)
        await take(index, 'cold')
      }
      // The same one for all; another one each time, because all of them keep what they have built.
      writeFileSync(file, source.replace(application.edit.from, `${application.edit.to} ${round}`))
      for (const index of builders.keys()) await take(index, 'edit1')
    }
    return figures
  } finally {
    await close()
    rmSync(home, { recursive: true, force: true })
  }
}
