// @ts-check
/** What `create` and `run` steps ask for, as the public API takes it. */

/** @typedef {import('./world.mjs').World} World */

/** `{A: 'x', B: null}` or `['A=x', 'B']` as a list of variables. @param {any} env */
export const variables = (env) =>
  Array.isArray(env) ? env : Object.entries(env ?? {}).map(([name, value]) => (value === null ? name : `${name}=${value}`))
/** @param {Record<string, string> | undefined} pairs */
export const pairs = (pairs) => new Map(Object.entries(pairs ?? {}))

/** @param {World} world @param {any} mount the structured long form */
function mountOf(
  world,
  {
    type,
    source,
    target,
    readonly,
    nocopy,
    labels,
    driver,
    driverOptions,
    options,
    subpath,
    propagation,
    size,
    mode,
    tmpfsSize,
    tmpfsMode,
  },
) {
  const volume = { nocopy, labels, driver, driverOptions: driverOptions ?? options, subpath }
  const bits = mode ?? tmpfsMode
  const tmpfs = {
    size: size ?? tmpfsSize,
    mode: bits === undefined ? undefined : typeof bits === 'string' ? Number.parseInt(bits, 8) : bits,
  }
  return compact({
    type,
    source: source === undefined ? undefined : typeof source === 'object' ? world.volume(source) : source,
    target,
    readonly,
    volume: compact(volume),
    bind: compact({ propagation }),
    tmpfs: compact(tmpfs),
  })
}

/** Without what is undefined, and undefined itself where nothing is left. @param {Record<string, any>} value @returns {any} */
export function compact(value) {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** @param {World} world @param {any} step */
export function createOptions(world, step) {
  const { name, image, cmd, shell, entrypoint, env, user, workdir, hostname, labels, readonlyRootfs, autoRemove, hold } = step
  const { mounts = [], mountFlags = [], volumes, tmpfs, volumesFrom } = step
  const command = shell === undefined ? cmd : ['/bin/sh', '-c', shell]
  // The recording used the command line, whose --entrypoint is one word: the others stood before the command.
  const [program, ...words] = entrypoint === undefined || entrypoint === '' ? [] : [entrypoint].flat()
  return compact({
    name,
    image,
    command: command === undefined && words.length === 0 ? undefined : [...words, ...[command ?? []].flat()],
    entrypoint: entrypoint === undefined ? undefined : program === undefined ? [] : [program],
    env: env === undefined ? undefined : variables(env),
    user,
    workdir,
    hostname,
    labels: labels === undefined ? undefined : pairs(labels),
    readonlyRootfs,
    autoRemove,
    hold,
    volumes: volumes?.map((/** @type {any} */ volume) => named(world, volume)),
    mounts: [...mounts.map((/** @type {any} */ mount) => mountOf(world, mount)), ...mountFlags],
    tmpfs,
    volumesFrom,
  })
}

/** A `-v` value whose source may be an anonymous volume by its name in the corpus. @param {World} world @param {any} volume */
function named(world, volume) {
  if (typeof volume !== 'string') return `${world.volume(volume.source ?? volume)}:${volume.target}`
  return volume.replace(/^<anon:[^>]*>/, (label) => world.volume(label))
}
