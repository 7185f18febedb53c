// @ts-check
/** Ours, buildah and the BuildKit of a Docker engine, made ready for the same applications: each has the bases already. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contextOf } from './applications.mjs'
import { makeBases } from './bases.mjs'
import { openBuildah } from './buildah.mjs'
import { layerwright, run } from './cli.mjs'
import { dockerEngine } from './engines.mjs'
import { writeNpmSettings } from './npm-settings.mjs'
import { build, save } from './ours.mjs'

/** @typedef {import('./applications.mjs').Application} Application */

/**
 * @typedef {object} Builder
 * @property {string} name
 * @property {(application: Application) => Promise<unknown>} build
 * @property {(application: Application) => Promise<unknown>} forget what it built, so that the next build is a cold one; the bases stay
 */

/**
 * @param {string} home where everything lies
 * @param {readonly Application[]} applications
 */
export async function openSideBySide(home, applications) {
  const settings = join(home, 'npmrc')
  const dockerFolder = join(home, 'docker')
  mkdirSync(dockerFolder)
  const buildah = openBuildah(join(home, 'buildah'))
  const docker = await dockerEngine(dockerFolder)
  const close = async () => {
    await docker.close()
    await buildah.close()
  }
  try {
    await writeNpmSettings(settings, 'settings')
    const layouts = await makeBases(home, new Set(applications.flatMap(({ bases }) => bases)))
    await buildah.addBases(layouts)
    for (const [name, layout] of layouts) await loadBase(home, name, layout, docker)
    for (const { name } of applications) cpSync(contextOf(name), join(home, 'contexts', name), { recursive: true })
    /** @param {Application} application */
    const place = ({ name }) => ({ store: join(home, 'stores', name), context: join(home, 'contexts', name), layouts, settings })
    /** @type {readonly Builder[]} */
    const builders = [
      {
        name: 'Layerwright',
        build: (application) => build(application, place(application)),
        forget: async (application) => rmSync(place(application).store, { recursive: true, force: true }),
      },
      {
        name: 'buildah',
        build: (application) => buildah.build(application, place(application)),
        forget: (application) => buildah.forget(application.name),
      },
      {
        name: 'a Docker engine',
        build: async (application) => {
          const { name, npm } = application
          await docker.build?.(name, place(application).context, npm ? ['--secret', `id=npmrc,src=${settings}`] : [])
        },
        forget: async ({ name }) => docker.forget?.(name),
      },
    ]
    return { builders, buildah, place, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param {string} home @param {string} name @param {string} layout @param {import('./engines.mjs').Engine} docker */
async function loadBase(home, name, layout, docker) {
  const store = join(home, 'bases')
  const archive = join(home, 'base.tar')
  const empty = join(home, 'empty')
  if (!existsSync(empty)) mkdirSync(empty)
  writeFileSync(join(home, 'Dockerfile'), `FROM ${name}\n`)
  const context = ['--build-context', `${name}=oci-layout://${layout}`, '-f', join(home, 'Dockerfile'), empty]
  await layerwright(store, 'build', '-q', '-t', name, ...context)
  await save({ name }, store, archive)
  await docker.load(archive)
  rmSync(archive)
}

/** @param {string} name of a program @returns {Promise<boolean>} whether it is installed */
export const installed = (name) =>
  run('sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin" command -v "$1"', 'sh', name]).then(
    () => true,
    () => false,
  )
