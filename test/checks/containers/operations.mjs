// @ts-check
/** The operations of the corpus, each through the public API. Gives what the comparer takes; a refusal is thrown. */
import { Buffer } from 'node:buffer'
import { exitCodeOf, parseCopyArguments } from '@layerwright/container'
import { findImage, parseReference } from '@layerwright/image'
import { memoryContent } from '@layerwright/vfs'
import { collect, entriesOf, tarOf } from './archives.mjs'
import { buildImage } from './build.mjs'
import { compact, createOptions, pairs, variables } from './create-options.mjs'
import { act, list } from './files.mjs'
import { hostOperations } from './host.mjs'
import { tagOf } from './reasons.mjs'
import { load, save } from './save-load.mjs'

/** @typedef {import('./world.mjs').World} World */

const ok = { exit: 0 }

/** What a program writes to its standard output, gathered. */
function capture(/** @type {any} */ { stdin }) {
  /** @type {Buffer[]} */
  const pieces = []
  return {
    attachment: {
      ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
      onOutput: (/** @type {string} */ stream, /** @type {Uint8Array} */ bytes) => {
        if (stream === 'stdout') pieces.push(Buffer.from(bytes))
      },
    },
    stdout: () => Buffer.concat(pieces).toString(),
  }
}

/** A path of the host as the command line would make it absolute: its ending stays. @param {World} world @param {string} path */
const onHost = (world, path) => (path.startsWith('/') ? path : `${world.host}/${path}`)

/** @param {any} value @param {string} path */
const dig = (value, path) => path.split('.').reduce((at, key) => at?.[key], value)

/** @param {World} world @param {any} mount */
const shownMount = (world, { Type, Name, Source, Destination, RW, Mode }) => ({
  type: Type,
  destination: Destination,
  rw: RW,
  mode: Mode,
  ...(Name === undefined ? {} : { name: world.called(Name), driver: 'local' }),
  ...(Type === 'bind' ? { source: Source } : {}),
})

/** @type {Record<string, (world: World, step: any) => Promise<any>>} */
export const operations = {
  async create(world, step) {
    const { id } = await world.engine.containers.create(createOptions(world, step))
    await world.name(id)
    return ok
  },
  async run(world, step) {
    const { attachment, stdout } = capture(step)
    try {
      const container = await world.engine.containers.create(createOptions(world, step))
      await world.name(container.id)
      const { exitCode } = await container.start(attachment)
      return { exit: exitCode ?? 0, stdout: stdout() }
    } catch (error) {
      return { exit: exitCodeOf(error, 'run'), stdout: stdout(), reason: tagOf(error) }
    }
  },
  async start(world, step) {
    const { attachment, stdout } = capture(step)
    const { exitCode } = await (await world.container(step.container)).start(attachment)
    return step.attach ? { exit: exitCode ?? 0, stdout: stdout() } : ok
  },
  async exec(world, step) {
    const { attachment, stdout } = capture(step)
    try {
      const argv = step.shell === undefined ? step.argv : ['/bin/sh', '-c', step.shell]
      const options = compact({ argv, user: step.user, workdir: step.workdir, env: variables(step.env), ...attachment })
      return { exit: await (await world.container(step.container)).exec(options), stdout: stdout() }
    } catch (error) {
      return { exit: exitCodeOf(error, 'exec'), stdout: stdout(), reason: tagOf(error) }
    }
  },
  stop: async (world, { container }) => done((await world.container(container)).stop()),
  kill: async (world, { container, signal }) => done((await world.container(container)).kill(signal)),
  restart: async (world, { container }) => done((await world.container(container)).restart()),
  wait: async (world, { container }) => ({ exit: 0, status: await (await world.container(container)).wait() }),
  rm: async (world, { container, force, volumes }) =>
    done((await world.container(container)).remove({ force: force ?? false, volumes: volumes ?? false })),
  rename: async (world, { container, to }) => done((await world.container(container)).rename(to)),
  async ps(world) {
    const all = await world.engine.containers.list()
    return { exit: 0, value: all.map(({ name, status }) => ({ name, state: status })).sort((a, b) => (a.name < b.name ? -1 : 1)) }
  },
  async logs(world, { container }) {
    const entries = await (await world.container(container)).logs()
    return { exit: 0, stdout: Buffer.concat(entries.filter(({ stream }) => stream === 'stdout').map(({ bytes }) => bytes)).toString() }
  },
  fs: async (world, { container, actions }) => ({ results: await (await world.container(container)).filesystem((fs) => act(fs, actions)) }),
  async ls(world, { container, paths }) {
    /** @type {Record<string, unknown>} */
    const value = Object.create(null)
    await (await world.container(container)).filesystem(async (fs) => {
      for (const path of paths) value[path] = await list(fs, path, (at) => at)
    })
    return { value }
  },
  async diff(world, { container }) {
    return { exit: 0, value: (await (await world.container(container)).diff()).map(({ kind, path }) => [kind, path]) }
  },
  async commit(world, { container, image, changes, author, message }) {
    await (await world.container(container)).commit(compact({ reference: image, changes, author, message }) ?? {})
    return ok
  },
  async layer(world, { image, index }) {
    const { unpacked } = await opened(world, image)
    const layer = unpacked.at(index ?? -1)
    return { exit: 0, layerCount: unpacked.length, entries: layer ? await entriesOf(layer.blob) : [] }
  },
  async history(world, { image }) {
    const lines = await world.engine.images.history(image)
    const value = lines.map((line) => ({
      createdBy: line.created_by ?? '',
      author: line.author ?? '',
      comment: line.comment ?? '',
      emptyLayer: line.empty_layer ?? false,
    }))
    return { exit: 0, value, total: value.length }
  },
  cp: copy,
  async export(world, { container, under }) {
    const exported = await world.container(container)
    const entries = await entriesOf(await collect((write) => exported.export(write)))
    const wanted = (/** @type {string} */ path) =>
      under === undefined || under.some((/** @type {string} */ top) => path === top || path.startsWith(`${top}/`))
    return { exit: 0, entries: entries.filter(({ path }) => wanted(path)) }
  },
  async import(world, { image, to, tar, changes, message, container }) {
    const archive =
      container === undefined
        ? memoryContent(tarOf(tar ?? []))
        : await collect(async (write) => (await world.container(container)).export(write))
    await world.engine.images.import(archive, compact({ reference: image ?? to, changes, message }) ?? {})
    return ok
  },
  save,
  load,
  tag: async (world, { image, to }) => done(world.engine.images.tag(image, to)),
  async rmi(world, { image, force }) {
    const { untagged, deleted } = await world.engine.images.remove(image, { force: force ?? false })
    return { exit: 0, untagged, deletedAny: deleted !== undefined }
  },
  async images(world) {
    const names = (await world.engine.images.list()).flatMap(({ refs }) =>
      refs.length === 0 ? ['<none>:<none>'] : refs.map((ref) => parseReference(ref).familiar),
    )
    return { exit: 0, value: names.filter((name) => name !== 'base:latest').sort() }
  },
  async build(world, step) {
    await buildImage(world, step)
    return ok
  },
  async inspect(world, { container, fields }) {
    const inspected = await (await world.container(container)).inspect()
    const shown = { ...inspected, Mounts: inspected.Mounts.map((mount) => shownMount(world, mount)) }
    return { exit: 0, value: Object.fromEntries(fields.map((/** @type {string} */ field) => [field, dig(shown, field)])) }
  },
  async 'image.inspect'(world, { image, fields }) {
    const { config, unpacked } = await opened(world, image)
    const shown = {
      Config: config.config ?? {},
      Author: config.author ?? '',
      Comment: config.history?.at(-1)?.comment ?? '',
      layerCount: unpacked.length,
      Os: config.os,
      Architecture: config.architecture,
    }
    return { exit: 0, value: Object.fromEntries(fields.map((/** @type {string} */ field) => [field, dig(shown, field)])) }
  },
  async 'volume.create'(world, { name, labels, driver, options, as }) {
    const created = await world.engine.volumes.create(compact({ name, labels: pairs(labels), driver, options: pairs(options) }) ?? {})
    if (as !== undefined) world.labels.set(created, `<anon:${as}>`)
    return { exit: 0, stdout: `${world.called(created)}\n` }
  },
  async 'volume.inspect'(world, { volume }) {
    const { name, driver, labels, options } = await world.engine.volumes.inspect(world.volume(volume))
    return {
      exit: 0,
      value: { name: world.called(name), driver, labels: Object.fromEntries(labels), options: Object.fromEntries(options) },
    }
  },
  async 'volume.ls'(world, { filters }) {
    return { exit: 0, value: (await world.engine.volumes.list(filters)).map(({ name }) => world.called(name)).sort() }
  },
  'volume.rm': async (world, { volume, force }) => done(world.engine.volumes.remove(world.volume(volume), { force: force ?? false })),
  async 'volume.prune'(world, { filters }) {
    // The engine of the recordings takes named volumes too; later ones call that --all.
    const removed = await world.engine.volumes.prune({ ...(filters === undefined ? {} : { filters }), all: true })
    return { exit: 0, removed: removed.map((name) => world.called(name)).sort() }
  },
  async 'volume.tree'(world, { volume }) {
    return {
      value: await world.engine.volumes.filesystem(world.volume(volume), (fs) => list(fs, '/', (at) => (at === '/' ? '.' : at.slice(1)))),
    }
  },
  ...Object.fromEntries(
    Object.entries(hostOperations).map(([name, run]) => [name, async (/** @type {World} */ _world, /** @type {any} */ step) => run(step)]),
  ),
}

/** @param {Promise<unknown>} work */
const done = async (work) => {
  await work
  return ok
}

/** @param {World} world @param {string} image */
async function opened(world, image) {
  const found = await findImage(world.store, image)
  if (!found) throw new Error(`the image ${image} is not in the store`)
  return found
}

/** @param {World} world @param {any} step */
async function copy(world, step) {
  const options = { followLink: step.followLink ?? false, archive: step.archive ?? false }
  const { from, to } = parseCopyArguments(step.from, step.to)
  if (to.container !== undefined) {
    if (from.path === '-') {
      const container = await world.container(to.container)
      await container.copyArchiveIn(memoryContent(tarOf(step.tar)), to.path, options)
      return ok
    }
    const container = await world.container(to.container)
    await container.copyIn(onHost(world, from.path), to.path, options)
    return ok
  }
  const container = await world.container(from.container ?? '')
  if (to.path === '-')
    return { exit: 0, entries: await entriesOf(await collect((write) => container.copyArchiveOut(from.path, write, options))) }
  await container.copyOut(from.path, onHost(world, to.path), options)
  return ok
}
