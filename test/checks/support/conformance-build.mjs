// @ts-check
/** Builds a conformance case through the packages' public entries, as a user's program would, into an OCI archive. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, snapshotContext } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { dockerExecutor } from '@layerwright/executor/docker'
import { linuxExecutor } from '@layerwright/executor/linux'
import { simulatedShell } from '@layerwright/executor/node'
import { simulatedShell as shellInThread } from '@layerwright/executor/shell'
import { importImage, openOciArchive, writeOciArchive } from '@layerwright/image/node'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { bytesOf, modeOf, needsRoot, writeContext } from './context.mjs'

/** By the name on the command line. @type {Readonly<Record<string, () => Promise<import('@layerwright/executor').Executor>>>} */
export const executors = {
  shell: async () => simulatedShell(),
  'shell-in-thread': async () => shellInThread(),
  linux: async () => linuxExecutor(),
  docker: async () => dockerExecutor(),
  runc: async () => linuxExecutor({ backend: 'runc' }),
  crun: async () => linuxExecutor({ backend: 'crun' }),
  bwrap: async () => linuxExecutor({ backend: 'bwrap' }),
}

/**
 * @typedef {object} Circumstances
 * @property {string} folder empty; the case's own
 * @property {string} images folder of the base images
 * @property {import('@layerwright/executor').Executor} executor
 * @property {boolean} inMemory contexts in memory instead of in real folders
 * @property {boolean} keepTimes build with the source's times instead of the fixed ones
 * @property {(warning: import('@layerwright/dockerfile').ResolveWarning) => void} onWarning
 * @property {AbortSignal} signal
 */

/**
 * @param {any} one a case as the corpus's README describes it
 * @param {Circumstances} circumstances
 * @returns {Promise<string>} path of the archive
 */
export async function buildCase(one, { folder, images, executor, inMemory, keepTimes, onWarning, signal }) {
  const { target, buildArgs, labels, platform, secrets, sourceDateEpoch, rewriteTimestamp, noCache, namedContexts } = one.options ?? {}
  const store = memoryStore()
  const contextOf = (/** @type {string} */ name, /** @type {import('./context.mjs').ContextEntry[]} */ entries) =>
    inMemory || needsRoot(entries) ? inMemoryContext(entries) : inFolder(join(folder, name), entries)

  /** @type {Map<string, import('@layerwright/build').NamedContext>} */
  const contexts = new Map()
  for (const [name, named] of Object.entries(namedContexts ?? {})) {
    if (named.kind === 'dir') contexts.set(name, { kind: 'files', context: contextOf(`context-${contexts.size}`, named.files) })
    else contexts.set(name, { kind: 'image', image: (platform) => imageFrom(join(images, `${named.image}.tar`), platform, store) })
  }

  const inside = one.dockerfile !== undefined && !one.dockerfileOutsideContext
  const entries = [...(one.context ?? []), ...(inside ? [{ path: one.dockerfileName, type: 'file', content: one.dockerfile }] : [])]
  const args = new Map(Object.entries(buildArgs ?? {}))
  if (sourceDateEpoch !== undefined) args.set('SOURCE_DATE_EPOCH', String(sourceDateEpoch))
  const result = await build({
    context: contextOf('context', entries),
    store,
    executor,
    dockerfile: one.dockerfileName,
    ...(one.dockerfileOutsideContext ? { dockerfileText: one.dockerfile } : {}),
    contexts,
    ...(target === undefined ? {} : { target }),
    buildArgs: args,
    labels: new Map(Object.entries(labels ?? {})),
    ...(platform === undefined ? {} : { platforms: platform.split(',') }),
    secrets: new Map(Object.entries(secrets ?? {}).map(([id, text]) => [id, new TextEncoder().encode(text)])),
    noCache: noCache ?? false,
    ...(rewriteTimestamp ? { rewriteTimestamp } : {}),
    timestamps: keepTimes ? 'source' : 'fixed',
    onEvent: (event) => {
      if (event.type === 'warning') onWarning(event.warning)
    },
    signal,
  })
  const archive = join(folder, 'image.tar')
  await writeOciArchive(
    archive,
    result.images.map(({ image }) => image),
  )
  return archive
}

/**
 * The image for a platform that an archive holds.
 * @param {string} file
 * @param {import('@layerwright/image').Platform} platform
 * @param {import('@layerwright/store').Store} store
 */
async function imageFrom(file, platform, store) {
  const source = await openOciArchive(file)
  try {
    return await importImage(store, await source.image({ platform }))
  } finally {
    source.close()
  }
}

/** @param {string} folder @param {readonly import('./context.mjs').ContextEntry[]} entries */
function inFolder(folder, entries) {
  mkdirSync(folder)
  writeContext(folder, entries)
  return hostContext(folder)
}

/** @param {readonly import('./context.mjs').ContextEntry[]} entries */
function inMemoryContext(entries) {
  const overlay = createOverlay(emptySnapshot(), { now: () => 0n })
  const directories = entries.filter(({ type }) => type === 'dir')
  for (const entry of entries) {
    overlay.mkdir(join('/', entry.path, entry.type === 'dir' ? '' : '..'), { recursive: true })
    if (entry.type === 'file') overlay.writeFile(entry.path, bytesOf(entry))
    else if (entry.type === 'symlink') overlay.symlink(entry.target ?? '', entry.path)
    else if (entry.type === 'hardlink') overlay.link(entry.target ?? '', entry.path)
  }
  for (const entry of [...entries.filter(({ type }) => type !== 'dir'), ...directories]) {
    if (entry.mtime !== undefined) overlay.utimes(entry.path, BigInt(entry.mtime) * 1_000_000_000n, { nofollow: true })
    if (entry.type === 'file' || entry.type === 'dir') overlay.chmod(entry.path, modeOf(entry))
  }
  return snapshotContext(overlay.freeze())
}
